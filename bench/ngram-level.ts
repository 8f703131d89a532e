/** What the n-grams with one context leave to the next shorter context. */
export interface Context {
  /** Sum of the counts of its n-grams. */
  readonly total: number;
  /** Sum of what was discounted from them. */
  readonly freed: number;
}

/**
 * The n-grams of one order with their counts. Each has a number, in the order met, and is found by the number of its
 * context (among the n-grams one shorter) and its last token: a hash table with open addressing in typed arrays, about
 * 20 bytes for each n-gram.
 */
export class Level {
  size = 0;
  private contexts = new Int32Array(1024);
  private tokens = new Uint16Array(1024);
  private counts = new Uint32Array(1024);
  /** Number of the n-gram plus one; 0 is a free place. */
  private slots = new Int32Array(2048);

  /** The n-gram's number, or -1 where there is none. */
  find(context: number, token: number): number {
    return this.slots[this.slot(context, token)] - 1;
  }

  /** The n-gram's number; a new one gets the count 0. */
  add(context: number, token: number): number {
    const slot = this.slot(context, token);
    const known = this.slots[slot] - 1;
    if (known >= 0) return known;
    const number = this.size++;
    this.contexts[number] = context;
    this.tokens[number] = token;
    this.slots[slot] = this.size;
    if (this.size === this.contexts.length) this.grow();
    return number;
  }

  count(number: number): number {
    return this.counts[number];
  }

  increment(number: number): void {
    this.counts[number]++;
  }

  /** How many n-grams have the counts 0, 1, … `upTo`. */
  countsOfCounts(upTo: number): number[] {
    const result = new Array<number>(upTo + 1).fill(0);
    for (let i = 0; i < this.size; i++) if (this.counts[i] <= upTo) result[this.counts[i]]++;
    return result;
  }

  /** Sums over the n-grams of each of so many contexts, given what is discounted from a count. */
  summarise(contexts: number, discount: (count: number) => number): (context: number) => Context {
    const totals = new Uint32Array(contexts);
    const freed = new Float64Array(contexts);
    for (let i = 0; i < this.size; i++) {
      totals[this.contexts[i]] += this.counts[i];
      freed[this.contexts[i]] += discount(this.counts[i]);
    }
    return (context) => ({ total: totals[context], freed: freed[context] });
  }

  /** Where the n-gram stands, or the free place where it belongs. */
  private slot(context: number, token: number): number {
    const mask = this.slots.length - 1;
    let hash = Math.imul(context, 0x9e3779b1) ^ Math.imul(token + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (;;) {
      const number = this.slots[slot] - 1;
      if (number < 0 || (this.contexts[number] === context && this.tokens[number] === token)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const capacity = 2 * this.size;
    const [contexts, tokens, counts] = [this.contexts, this.tokens, this.counts];
    this.contexts = new Int32Array(capacity);
    this.contexts.set(contexts);
    this.tokens = new Uint16Array(capacity);
    this.tokens.set(tokens);
    this.counts = new Uint32Array(capacity);
    this.counts.set(counts);
    this.slots = new Int32Array(2 * capacity);
    for (let i = 0; i < this.size; i++) this.slots[this.slot(contexts[i], tokens[i])] = i + 1;
  }
}
