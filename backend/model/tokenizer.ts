import { join } from 'node:path';
import { Tokenizer as Encoder } from '@huggingface/tokenizers';
import { exists, readJson } from '../protocol/files';

/** Text to token ids and back, as the model's own tokenizer files say. */
export class Tokenizer {
  private constructor(
    private readonly encoder: Encoder,
    readonly beginToken: number,
  ) {}

  static async open(folder: string, beginToken: number): Promise<Tokenizer> {
    const definition = await readJson(join(folder, 'tokenizer.json'), "The model's tokenizer");
    const settingsPath = join(folder, 'tokenizer_config.json');
    const settings = (await exists(settingsPath)) ? await readJson(settingsPath, 'The tokenizer configuration') : {};
    return new Tokenizer(new Encoder(definition as object, settings as object), beginToken);
  }

  /** The text's tokens, with the begin token before them. */
  encode(text: string): Int32Array {
    const ids = this.encoder.encode(text, { add_special_tokens: false }).ids;
    const result = new Int32Array(ids.length + 1);
    result[0] = this.beginToken;
    result.set(ids, 1);
    return result;
  }

  decode(ids: ArrayLike<number>): string {
    return this.encoder.decode(Array.from(ids), { skip_special_tokens: true });
  }
}
