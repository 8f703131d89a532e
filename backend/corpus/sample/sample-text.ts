/** A text of a sample corpus: a chapter, a document or a file, which is never divided between sides. */
export interface SampleText {
  readonly name: string;
  readonly passages: readonly string[];
}

/** A gold domain of a sample corpus. */
export interface SampleDomain {
  readonly domain: string;
  /** In the order in which they are taken until there are enough. */
  readonly texts: () => Promise<SampleText[]>;
  /** Passages at most; absent: all. */
  readonly passages?: number;
}
