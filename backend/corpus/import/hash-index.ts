/** A number for each key of 64 bits, in 12 bytes a place: what a Map would hold in ten times as many. */
export class HashIndex {
  private capacity = 2 ** 10;
  private size = 0;
  private low = new Uint32Array(this.capacity);
  private high = new Uint32Array(this.capacity);
  /** The value plus one; 0 marks a free place. */
  private values = new Uint32Array(this.capacity);

  /** The number of this key, undefined where it has none. */
  get(low: number, high: number): number | undefined {
    const value = this.values[this.place(low >>> 0, high >>> 0)];
    return value === 0 ? undefined : value - 1;
  }

  set(low: number, high: number, value: number): void {
    const place = this.place(low >>> 0, high >>> 0);
    if (this.values[place] === 0) this.size++;
    this.low[place] = low;
    this.high[place] = high;
    this.values[place] = value + 1;
    if (this.size > 0.75 * this.capacity) this.grow();
  }

  private place(low: number, high: number): number {
    const mask = this.capacity - 1;
    let place = low & mask;
    while (this.values[place] !== 0 && (this.low[place] !== low || this.high[place] !== high))
      place = (place + 1) & mask;
    return place;
  }

  private grow(): void {
    const { low, high, values } = this;
    this.capacity *= 2;
    this.low = new Uint32Array(this.capacity);
    this.high = new Uint32Array(this.capacity);
    this.values = new Uint32Array(this.capacity);
    values.forEach((value, old) => {
      if (value === 0) return;
      const place = this.place(low[old], high[old]);
      this.low[place] = low[old];
      this.high[place] = high[old];
      this.values[place] = value;
    });
  }
}
