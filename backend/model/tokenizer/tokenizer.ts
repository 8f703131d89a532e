import { Tokenizer as Library } from '@huggingface/tokenizers';
import { UserError } from '../../base/errors';
import { AddedTokens } from './added-tokens';
import { Bpe } from './bpe';
import { type ControlTokens, type ModelTokens, readControlTokens } from './control-tokens';
import { type AddedToken, type Component, type Definition, readDefinition, type Settings } from './definition';
import { createPreTokenizer, type PreTokenizer } from './pre-tokenizer';
import { createTokenBytes, type TokenBytes } from './token-bytes';
import { decoded, type TextSource } from './token-text';

/**
 * Text to token ids and back, as the model's own tokenizer files say.
 *
 * Documents and prompts are text and nothing else: where one holds the name of a special token, as `<|im_end|>`, it is read as
 * the letters that stand there, so that no text can end a turn or begin another. That is what transformers does with
 * `split_special_tokens=True`; what it does by default is `controls: true`, for texts that a chat template made.
 */
export class Tokenizer implements TextSource {
  private readonly names: string[] = [];
  private readonly added: AddedTokens;
  private readonly pieces: PreTokenizer;
  private readonly model: Bpe;
  private readonly texts: TokenBytes;
  private readonly bytes: Map<number, Uint8Array>;
  /** They control the model and are no part of a text. */
  readonly specialTokens: ReadonlySet<number>;

  private constructor(
    definition: Definition,
    /** What `tokenizer_config.json` says. */
    readonly settings: Settings,
    private readonly control: ControlTokens,
  ) {
    const { added_tokens: added, model } = definition;
    const special = added.filter((token) => token.special);
    this.specialTokens = new Set(special.map(({ id }) => id));
    const normalize = createNormalizer(definition.normalizer);
    this.added = new AddedTokens(added, normalize);
    this.pieces = createPreTokenizer(definition.pre_tokenizer);
    this.model = new Bpe(model, this.pieces.byteLevel, new Set(special.map(({ content }) => content)));
    this.texts = createTokenBytes(definition.decoder);
    const written = ({ content, special, normalized = !special }: AddedToken): Uint8Array =>
      special ? new Uint8Array(0) : this.texts.of(normalized ? normalize(content) : content);
    this.bytes = new Map(added.map((token) => [token.id, written(token)]));
    for (const name in model.vocab) this.names[model.vocab[name]] = name;
  }

  /** `model`: what the model's configuration says of tokens. Throws UserError for an unusable folder. */
  static async open(folder: string, model: ModelTokens = { endTokens: [] }): Promise<Tokenizer> {
    const { definition, settings } = await readDefinition(folder);
    const fitting = fitted(definition, model.vocabularySize ?? Infinity, folder);
    return new Tokenizer(fitting, settings, await readControlTokens(folder, model, fitting, settings));
  }

  /** Begins every text that the model reads; undefined where its files put nothing there. */
  get beginToken(): number | undefined {
    return this.control.begin;
  }

  /** The model's own end of a text: what is learned from ends with it. */
  get endToken(): number {
    return this.control.end;
  }

  /** Whether the model's files put the end behind every text. */
  get addsEnd(): boolean {
    return this.control.addsEnd;
  }

  /** Stands before a text that is learned from or scored: the begin token, or what separated texts where there is none. */
  get prefixToken(): number {
    return this.control.prefix;
  }

  /** Where one of these is generated, the text ends. */
  get endTokens(): ReadonlySet<number> {
    return this.control.ends;
  }

  /** How many spaces at the beginning of a text are the tokenizer's own, and dropped from what it decodes. */
  get droppedSpaces(): number {
    return this.texts.droppedSpaces;
  }

  /** A text that is learned from or scored: the prefix token, the text's own, and the end where the model's files put it. */
  encode(text: string): Int32Array {
    const { prefix, addsEnd, end } = this.control;
    return Int32Array.from([prefix, ...this.tokens(text), ...(addsEnd ? [end] : [])]);
  }

  /** A text that the model is to go on with: after the begin token, where there is one. Never without a token. */
  prompt(text: string): Int32Array {
    const { begin, prefix } = this.control;
    const tokens = this.tokens(text);
    if (tokens.length === 0) return Int32Array.of(prefix);
    return Int32Array.from(begin === undefined ? tokens : [begin, ...tokens]);
  }

  /** The text's tokens alone. With `controls`, the names of special tokens stand for these, but where they are quoted. */
  tokens(text: string, { controls = false } = {}): number[] {
    const tokens: number[] = [];
    // Half a surrogate pair has no bytes in UTF-8.
    const wellFormed = text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
    for (const section of this.added.split(wellFormed, controls)) {
      if ('token' in section) tokens.push(section.token);
      else for (const piece of this.pieces.cut(section.text, section.first)) this.model.encode(piece, tokens);
    }
    return tokens;
  }

  /** A text for a chat template to put in its place: `tokens` reads it as text, whatever special tokens it names. */
  quote(text: string): string {
    return this.added.quote(text);
  }

  /** The text of tokens from the beginning of a text; special tokens are no part of it. */
  decode(ids: ArrayLike<number>): string {
    const text = decoded(Buffer.concat(Array.from(ids, (id) => this.bytesOf(id))));
    let dropped = 0;
    while (dropped < this.droppedSpaces && text[dropped] === ' ') dropped++;
    return text.slice(dropped);
  }

  bytesOf(id: number): Uint8Array {
    const known = this.bytes.get(id);
    if (known !== undefined) return known;
    const bytes = this.texts.of(this.names[id] ?? '');
    this.bytes.set(id, bytes);
    return bytes;
  }
}

/** The tokenizer without added tokens that the model has no weights for: it cannot read them, and texts do not need them. */
function fitted(definition: Definition, vocabularySize: number, folder: string): Definition {
  const last = Object.values(definition.model.vocab).reduce((most, id) => Math.max(most, id), 0);
  if (last < vocabularySize) {
    return { ...definition, added_tokens: definition.added_tokens.filter(({ id }) => id < vocabularySize) };
  }
  throw new UserError(
    `The tokenizer in ${folder} has a token ${last}, and the model has ${vocabularySize} tokens from 0 on.`,
    'Fetch the model again.',
  );
}

/** The library's normalizer of that kind. */
function createNormalizer(component: Component | null | undefined): (text: string) => string {
  if (component == null) return (text) => text;
  const nothing = { pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] };
  const model = { type: 'BPE', vocab: {}, merges: [] };
  try {
    const { normalizer } = new Library({ ...nothing, model, normalizer: component }, {});
    if (normalizer !== null) return (text) => normalizer.normalize(text);
  } catch {
    // Said below: the library throws for what it does not know.
  }
  const message = `The model's tokenizer normalizes texts by ${component.type}, which is not supported here.`;
  throw new UserError(message, 'Use another model.');
}
