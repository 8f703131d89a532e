import type { importFormats } from '../../protocol/records';

/** What the reader of a source is told; without a format it is guessed from the name and the first bytes. */
export interface SourceOptions {
  /** A file, a folder, a glob, or "sample" for the sample corpus. */
  readonly source: string;
  readonly format?: (typeof importFormats)[number] | undefined;
  /** Columns (fields) by what they hold, guessed where they are not named; an empty name means that there is none. */
  readonly columns: {
    readonly text?: string | undefined;
    readonly id?: string | undefined;
    readonly domain?: string | undefined;
  };
  /** Whether the first row of a table names its columns; it is judged by its look where it is not said. */
  readonly header?: boolean | undefined;
  /** One big text file: what stands between two documents. A blank line by default. */
  readonly separator?: string | undefined;
}

/** How a source becomes a dataset. */
export interface ImportOptions extends SourceOptions {
  readonly name?: string | undefined;
  readonly seed: number;
  /** Shares of the documents. */
  readonly validation: number;
  readonly test: number;
  /** Jaccard similarity of word or character shingles from which two texts are near-duplicates; 0 looks for exact copies only. */
  readonly nearDuplicates: number;
}

export interface QuestionOptions {
  readonly source: string;
  readonly name?: string | undefined;
  readonly seed: number;
  /** Share of the questions that is kept for the one final test; drawn per domain. */
  readonly test: number;
}
