import type { Turn } from '../protocol/records';

/** One text of a corpus with its metadata. */
export interface Document {
  readonly id: string;
  readonly text: string;
  /** The gold domain where the corpus has one. Only evaluation reads it; no splitting method may. */
  readonly domain?: string;
  /**
   * The turns of a conversation, in their order; absent where the document is none. `text` is then their plain rendering
   * (`renderTurns`), which splitting, search and previews read.
   */
  readonly turns?: readonly Turn[];
}

/** The three parts of a corpus. Splitting and training see `train`, fitting sees `validation`, figures come from `test`. */
export interface Corpus {
  readonly name: string;
  readonly train: readonly Document[];
  readonly validation: readonly Document[];
  readonly test: readonly Document[];
}
