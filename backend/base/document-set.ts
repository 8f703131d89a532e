/** Some of so many documents, a bit for each. */
export class DocumentSet {
  private constructor(
    /** Of how many documents. */
    readonly total: number,
    private readonly bits: Uint32Array,
  ) {}

  static none(total: number): DocumentSet {
    return new DocumentSet(total, new Uint32Array(Math.ceil(total / 32)));
  }

  static all(total: number): DocumentSet {
    return DocumentSet.none(total).inverted();
  }

  has(document: number): boolean {
    return (this.bits[document >>> 5] & (1 << (document & 31))) !== 0;
  }

  add(document: number): void {
    this.bits[document >>> 5] |= 1 << (document & 31);
  }

  /** Those that are in both. */
  and(other: DocumentSet): DocumentSet {
    return new DocumentSet(
      this.total,
      this.bits.map((bits, i) => bits & other.bits[i]),
    );
  }

  /** Those that are not in it. */
  inverted(): DocumentSet {
    const bits = this.bits.map((word) => ~word);
    if (this.total % 32 > 0) bits[bits.length - 1] &= 2 ** (this.total % 32) - 1;
    return new DocumentSet(this.total, bits);
  }

  /** All of them, rising. */
  *[Symbol.iterator](): Generator<number> {
    for (let i = 0; i < this.bits.length; i++) {
      for (let rest = this.bits[i]; rest !== 0; rest &= rest - 1) yield 32 * i + 31 - Math.clz32(rest & -rest);
    }
  }

  /** All of them, rising. */
  toArray(): Int32Array {
    const found = new Int32Array(this.total);
    let size = 0;
    for (const document of this) found[size++] = document;
    return found.slice(0, size);
  }
}
