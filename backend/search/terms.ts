/** Terms by their numbers, found without a string of their own for every word that is read: those would take longer than all else. */
export class Terms {
  /** A number plus one where there is a term. */
  private slots = new Int32Array(2 ** 16);
  private hashes = new Int32Array(2 ** 15);
  /** Where each term begins in `units`. */
  private starts = new Int32Array(2 ** 15 + 1);
  private units = new Uint16Array(2 ** 18);
  size = 0;

  /** The number of the term of these UTF-16 units, which may be a new one: they count up from 0. */
  numberOf(units: Uint16Array, length: number): number {
    let hash = length;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ units[i], 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = this.slots[slot] - 1;
      if (number < 0) return this.add(slot, hash, units, length);
      if (this.hashes[number] === hash && this.isAt(number, units, length)) return number;
    }
  }

  /** All terms by their numbers. */
  all(): string[] {
    return Array.from({ length: this.size }, (_, number) =>
      String.fromCharCode(...this.units.subarray(this.starts[number], this.starts[number + 1])),
    );
  }

  clear(): void {
    this.slots.fill(0);
    this.size = 0;
  }

  private isAt(number: number, units: Uint16Array, length: number): boolean {
    const start = this.starts[number];
    if (this.starts[number + 1] - start !== length) return false;
    for (let i = 0; i < length; i++) if (this.units[start + i] !== units[i]) return false;
    return true;
  }

  private add(slot: number, hash: number, units: Uint16Array, length: number): number {
    const number = this.size++;
    const start = this.starts[number];
    if (start + length > this.units.length) this.units = grown(this.units, new Uint16Array(2 * this.units.length));
    this.units.set(units.subarray(0, length), start);
    this.starts[number + 1] = start + length;
    this.hashes[number] = hash;
    this.slots[slot] = number + 1;
    if (this.size === this.hashes.length) this.growTerms();
    return number;
  }

  private growTerms(): void {
    this.hashes = grown(this.hashes, new Int32Array(2 * this.hashes.length));
    this.starts = grown(this.starts, new Int32Array(2 * this.starts.length));
    const slots = new Int32Array(2 * this.slots.length);
    for (let number = 0; number < this.size; number++) {
      let slot = this.hashes[number] & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number + 1;
    }
    this.slots = slots;
  }
}

export function grown<T extends Int32Array | Uint16Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
