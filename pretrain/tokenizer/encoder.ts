import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byteLetters } from '../../backend/model/tokenizer/bytes';
import { pretokenize } from './format';

interface TokenizerJson {
  readonly model: { readonly vocab: Record<string, number>; readonly merges: readonly string[] };
}

/** Encodes many texts with a tokenizer that `trainTokenizer` wrote; each pre-token is worked out once. */
export class Encoder {
  private readonly known = new Map<string, readonly number[]>();

  private constructor(
    private readonly vocabulary: ReadonlyMap<string, number>,
    private readonly ranks: ReadonlyMap<string, number>,
  ) {}

  static async load(modelFolder: string): Promise<Encoder> {
    const { model } = JSON.parse(await readFile(join(modelFolder, 'tokenizer.json'), 'utf8')) as TokenizerJson;
    return new Encoder(new Map(Object.entries(model.vocab)), new Map(model.merges.map((merge, rank) => [merge, rank])));
  }

  /** Token ids, without special tokens. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const word of pretokenize(text)) {
      let part = this.known.get(word);
      if (part === undefined) {
        part = this.encodeWord(word);
        if (word.length < 64) this.known.set(word, part);
      }
      for (const id of part) ids.push(id);
    }
    return ids;
  }

  private encodeWord(word: string): number[] {
    const symbols = Array.from(Buffer.from(word, 'utf8'), (byte) => byteLetters[byte]);
    for (;;) {
      let best = Infinity;
      let at = -1;
      for (let i = 0; i + 1 < symbols.length; i++) {
        const rank = this.ranks.get(`${symbols[i]} ${symbols[i + 1]}`) ?? Infinity;
        if (rank < best) [best, at] = [rank, i];
      }
      if (at < 0) return symbols.map((symbol) => this.id(symbol));
      symbols.splice(at, 2, symbols[at] + symbols[at + 1]);
    }
  }

  private id(symbol: string): number {
    const id = this.vocabulary.get(symbol);
    if (id === undefined) throw new Error(`"${symbol}" is not in the vocabulary.`);
    return id;
  }
}
