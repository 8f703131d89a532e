import { mixHash, SIGNATURE } from './minhash';

/** Documents that a band remembers of those that agree in it: more would make boilerplate take quadratic time. */
const MAX_BUCKET = 8;
const MAX_LOAD = 0.75;
/** Signatures in one block, so that growing copies none. */
const BLOCK = 2 ** 12;

/**
 * Finds signatures that agree in many places among all that were added: locality-sensitive hashing in bands (Indyk and
 * Motwani 1998). Takes about 144 bytes for a signature and 6 to 13 for each of its bands.
 */
export class Bands {
  private readonly blocks: Uint16Array[] = [];
  private readonly rows: number;
  private readonly bands: number;
  /** Signatures by the hash of their bands, in open addressing. */
  private table = new Uint32Array(2 ** 12);
  /** Eight more bits of each place's hash, never 0: most other entries are passed over without a look at their signatures. */
  private tags = new Uint8Array(2 ** 12);
  private filled = 0;

  constructor(private readonly threshold: number) {
    this.rows = rowsFor(threshold);
    this.bands = SIGNATURE / this.rows;
  }

  /**
   * Keeps a signature under the next number, from 0, and calls `found` for earlier ones that agree with it in a share of
   * places of at least the threshold, some of them more than once.
   */
  add(number: number, signature: Uint16Array, found: (earlier: number) => void): void {
    this.store(number, signature);
    for (let band = 0; band < this.bands; band++) {
      this.visit(number, band, (earlier) => {
        if (this.similarity(number, earlier) >= this.threshold) found(earlier);
      });
    }
    while (this.filled + this.bands > MAX_LOAD * this.table.length) this.grow(number + 1);
  }

  /** Keeps the place of a signature that shall not be found. */
  skip(number: number): void {
    this.store(number, undefined);
  }

  private store(number: number, signature: Uint16Array | undefined): void {
    if (number % BLOCK === 0) this.blocks.push(new Uint16Array(BLOCK * (SIGNATURE + 1)));
    const start = (number % BLOCK) * (SIGNATURE + 1);
    const block = this.blocks[this.blocks.length - 1];
    if (signature === undefined) return;
    block.set(signature, start);
    block[start + SIGNATURE] = 1;
  }

  /** Shows a signature those that agree with it in one band, and enters it there. */
  private visit(number: number, band: number, show?: (earlier: number) => void): void {
    const { table, tags } = this;
    const mask = table.length - 1;
    const hash = this.hash(number, band);
    const tag = 1 + ((hash >>> 24) % 255);
    let place = hash & mask;
    let bucket = 0;
    for (; tags[place] !== 0; place = (place + 1) & mask) {
      if (tags[place] !== tag) continue;
      const earlier = table[place];
      if (earlier === number || !this.agrees(number, earlier, band)) continue;
      show?.(earlier);
      if (++bucket === MAX_BUCKET) return;
    }
    table[place] = number;
    tags[place] = tag;
    this.filled++;
  }

  private hash(number: number, band: number): number {
    const block = this.blocks[Math.floor(number / BLOCK)];
    const start = (number % BLOCK) * (SIGNATURE + 1) + band * this.rows;
    let hash = band;
    for (let row = 0; row < this.rows; row++) hash = mixHash(hash ^ block[start + row]);
    return hash;
  }

  private agrees(a: number, b: number, band: number): boolean {
    const [x, y] = [this.blocks[Math.floor(a / BLOCK)], this.blocks[Math.floor(b / BLOCK)]];
    const i = (a % BLOCK) * (SIGNATURE + 1) + band * this.rows;
    const j = (b % BLOCK) * (SIGNATURE + 1) + band * this.rows;
    for (let row = 0; row < this.rows; row++) if (x[i + row] !== y[j + row]) return false;
    return true;
  }

  /** The share of places in which two signatures agree: an estimate of the Jaccard similarity. */
  private similarity(a: number, b: number): number {
    const [x, y] = [this.blocks[Math.floor(a / BLOCK)], this.blocks[Math.floor(b / BLOCK)]];
    const i = (a % BLOCK) * (SIGNATURE + 1);
    const j = (b % BLOCK) * (SIGNATURE + 1);
    let equal = 0;
    for (let place = 0; place < SIGNATURE; place++) if (x[i + place] === y[j + place]) equal++;
    return equal / SIGNATURE;
  }

  private grow(count: number): void {
    this.table = new Uint32Array(2 * this.table.length);
    this.tags = new Uint8Array(this.table.length);
    this.filled = 0;
    for (let number = 0; number < count; number++) {
      const isThere = this.blocks[Math.floor(number / BLOCK)][(number % BLOCK) * (SIGNATURE + 1) + SIGNATURE] === 1;
      for (let band = 0; isThere && band < this.bands; band++) this.visit(number, band);
    }
  }
}

/**
 * Rows of a band: as many as can be while pairs at the threshold still meet in some band with a probability of 0.95.
 * The more rows, the fewer pairs that are far below the threshold meet.
 */
export function rowsFor(threshold: number): number {
  const meets = (rows: number): number => 1 - (1 - threshold ** rows) ** (SIGNATURE / rows);
  return [12, 9, 8, 6, 4, 3].find((rows) => meets(rows) >= 0.95) ?? 2;
}
