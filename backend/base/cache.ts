/**
 * A reference-counted cache of things that are costly to make: they are kept while they are used and a little longer. Beyond
 * `limit`, those that nobody uses and that were used longest ago are disposed of.
 */
export class ReferenceCountedCache<T> {
  // A Map keeps the order of insertion: what is used again is inserted again, so the first is the least recently used.
  private readonly entries = new Map<string, { readonly made: Promise<T>; users: number }>();

  constructor(
    private readonly limit: number,
    private readonly dispose: (thing: T) => Promise<void> = () => Promise.resolve(),
  ) {}

  /** Lets `work` use the thing of that name, made on first use. What could not be made is made anew next time. */
  async use<R>(name: string, make: () => Promise<T>, work: (thing: T) => Promise<R>): Promise<R> {
    const entry = this.entries.get(name) ?? { made: make(), users: 0 };
    this.entries.delete(name);
    this.entries.set(name, entry);
    entry.users++;
    try {
      return await work(await this.orForgotten(name, entry.made));
    } finally {
      entry.users--;
      await this.trim();
    }
  }

  private async orForgotten(name: string, made: Promise<T>): Promise<T> {
    try {
      return await made;
    } catch (error) {
      if (this.entries.get(name)?.made === made) this.entries.delete(name);
      throw error;
    }
  }

  private async trim(): Promise<void> {
    for (const [name, { made, users }] of [...this.entries]) {
      if (this.entries.size <= this.limit) return;
      if (users > 0) continue;
      this.entries.delete(name);
      await this.dispose(await made);
    }
  }
}
