/** One text of a corpus with its metadata. */
export interface Document {
  readonly id: string;
  readonly text: string;
  /** The gold domain where the corpus has one. Only evaluation reads it; no splitting method may. */
  readonly domain?: string;
}

/** The three parts of a corpus. Splitting and training see `train`, fitting sees `validation`, figures come from `test`. */
export interface Corpus {
  readonly name: string;
  readonly train: readonly Document[];
  readonly validation: readonly Document[];
  readonly test: readonly Document[];
}
