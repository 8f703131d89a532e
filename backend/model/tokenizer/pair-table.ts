/** A number for each of many pairs of token ids; flat arrays, because a Map of as many takes seconds to fill. */
export class PairTable {
  private readonly left: Int32Array;
  private readonly right: Int32Array;
  private readonly values: Int32Array;
  private readonly mask: number;

  /** `most`: how many pairs there may be. */
  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * most + 2));
    this.left = new Int32Array(size).fill(-1);
    this.right = new Int32Array(size);
    this.values = new Int32Array(size);
    this.mask = size - 1;
  }

  /** A pair that is there already gets the new number. */
  set(left: number, right: number, value: number): void {
    const at = this.find(left, right);
    this.left[at] = left;
    this.right[at] = right;
    this.values[at] = value;
  }

  /** -1 for a pair that is not there. */
  get(left: number, right: number): number {
    const at = this.find(left, right);
    return this.left[at] === -1 ? -1 : this.values[at];
  }

  /** Where the pair is, or would be put. */
  private find(left: number, right: number): number {
    let at = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 0;
    at = (at ^ (at >>> 15)) & this.mask;
    while (this.left[at] !== -1 && (this.left[at] !== left || this.right[at] !== right)) at = (at + 1) & this.mask;
    return at;
  }
}
