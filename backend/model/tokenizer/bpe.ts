import { UserError } from '../../base/errors';
import { byteLetters, byteName } from './bytes';
import type { BpeDefinition } from './definition';
import { Heap } from './heap';
import { PairTable } from './pair-table';

/** White space in vocabularies of SentencePiece. */
const space = '▁';

const cachedPieces = 50_000;
const longestCached = 64;

// Rank and place in one number that sorts by rank, then by place: ranks below 2^21, places below 2^32.
const places = 2 ** 32;

/** Byte-pair encoding: joins the symbols of a piece, the pair that was learned first each time, until none is left to join. */
export class Bpe {
  private readonly ids: ReadonlyMap<string, number>;
  private readonly ranks: PairTable;
  /** The token that a pair becomes, by rank. */
  private readonly joined: Int32Array;
  /** Of each byte; -1 where the vocabulary has none. */
  private readonly byteIds: Int32Array;
  private readonly unknown: number | undefined;
  private readonly cutsAtSpaces: boolean;
  private readonly cache = new Map<string, readonly number[]>();

  /**
   * `byteLevel` says that the vocabulary is of letters that stand for bytes. No piece becomes one of the `control` tokens.
   * Throws UserError where merges do not fit the vocabulary.
   */
  constructor(
    private readonly definition: BpeDefinition,
    private readonly byteLevel: boolean,
    private readonly control: ReadonlySet<string>,
  ) {
    this.ids = new Map(Object.entries(definition.vocab));
    this.unknown = this.ids.get(definition.unk_token ?? '');
    this.byteIds = Int32Array.from(
      byteLetters,
      (letter, byte) => this.ids.get(byteLevel ? letter : byteName(byte)) ?? -1,
    );
    this.ranks = new PairTable(definition.merges.length);
    this.joined = new Int32Array(definition.merges.length);
    let cutsAtSpaces = !byteLevel && this.ids.has(space);
    for (const [rank, merge] of definition.merges.entries()) {
      const [left, right] = typeof merge === 'string' ? merge.split(' ') : merge;
      this.ranks.set(this.known(left), this.known(right), rank);
      this.joined[rank] = this.known(left + right);
      if (right.startsWith(space) && !/^▁*$/u.test(left)) cutsAtSpaces = false;
    }
    this.cutsAtSpaces = cutsAtSpaces;
  }

  /** Appends the tokens of a piece. */
  encode(piece: string, tokens: number[]): void {
    if (!this.cutsAtSpaces) return this.append(piece, tokens, true);
    const whole = this.wholeToken(piece);
    if (whole !== undefined) tokens.push(whole);
    else for (const word of wordsOf(piece)) this.append(word, tokens, false);
  }

  private append(piece: string, tokens: number[], isWhole: boolean): void {
    const known = this.cache.get(piece);
    const whole = known === undefined && isWhole ? this.wholeToken(piece) : undefined;
    const found = known ?? (whole === undefined ? this.merge(this.symbols(piece)) : [whole]);
    for (const token of found) tokens.push(token);
    if (known !== undefined || piece.length > longestCached) return;
    if (this.cache.size === cachedPieces) this.cache.clear();
    this.cache.set(piece, found);
  }

  /** The token that a piece is without any joining, in vocabularies that are read so. */
  private wholeToken(piece: string): number | undefined {
    if (!this.definition.ignore_merges) return undefined;
    const name = this.byteLevel ? Array.from(Buffer.from(piece), (byte) => byteLetters[byte]).join('') : piece;
    return this.control.has(name) ? undefined : this.ids.get(name);
  }

  /** The tokens of single bytes or characters. */
  private symbols(piece: string): number[] {
    const symbols: number[] = [];
    let afterUnknown = false;
    const unknown = (): void => {
      if (this.unknown !== undefined && !(afterUnknown && this.definition.fuse_unk)) symbols.push(this.unknown);
      afterUnknown = true;
    };
    const known = (ids: readonly number[]): void => {
      for (const id of ids) symbols.push(id);
      afterUnknown = false;
    };
    const bytesOf = (text: string): number[] => Array.from(Buffer.from(text), (byte) => this.byteIds[byte]);
    if (this.byteLevel) {
      for (const id of bytesOf(piece)) {
        if (id === -1) unknown();
        else known([id]);
      }
      return symbols;
    }
    for (const character of piece) {
      const id = this.ids.get(character);
      const bytes = id === undefined && this.definition.byte_fallback ? bytesOf(character) : [-1];
      if (id !== undefined) known([id]);
      else if (bytes.includes(-1)) unknown();
      else known(bytes);
    }
    return symbols;
  }

  private merge(symbols: number[]): readonly number[] {
    const { length } = symbols;
    if (length < 2) return symbols;
    const next = new Int32Array(length);
    const previous = new Int32Array(length);
    const queue = new Heap();
    const rankAt = (at: number): number =>
      symbols[at] === -1 || next[at] === length ? -1 : this.ranks.get(symbols[at], symbols[next[at]]);
    const offer = (at: number): void => {
      const rank = at === -1 ? -1 : rankAt(at);
      if (rank !== -1) queue.push(rank * places + at);
    };
    for (let at = 0; at < length; at++) {
      next[at] = at + 1;
      previous[at] = at - 1;
    }
    for (let at = 0; at < length; at++) offer(at);
    for (let first = queue.pop(); first !== undefined; first = queue.pop()) {
      const at = first % places;
      const rank = (first - at) / places;
      // One of the two may have been joined with another since.
      if (rankAt(at) !== rank) continue;
      const right = next[at];
      symbols[at] = this.joined[rank];
      symbols[right] = -1;
      next[at] = next[right];
      if (next[at] < length) previous[next[at]] = at;
      offer(previous[at]);
      offer(at);
    }
    return symbols.filter((symbol) => symbol !== -1);
  }

  private known(token: string | undefined): number {
    const id = token === undefined ? undefined : this.ids.get(token);
    if (id !== undefined) return id;
    throw new UserError(
      `The model's tokenizer is damaged: it joins "${token}", which has no id.`,
      'Fetch the model again.',
    );
  }
}

/** A text cut before each run of spaces: where no merge crosses these places, each part can be encoded, and kept, alone. */
function* wordsOf(text: string): Generator<string> {
  let from = 0;
  for (let at = text.indexOf(space, 1); at !== -1; at = text.indexOf(space, at + 1)) {
    if (text[at - 1] === space) continue;
    yield text.slice(from, at);
    from = at;
  }
  if (from < text.length) yield text.slice(from);
}
