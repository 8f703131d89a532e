/** The corpora that come with the product, by the names that an import takes as its source. */
export const sampleNames = ['sample', 'sample:brown'] as const;
export type SampleName = (typeof sampleNames)[number];

/** Whether a source names such a corpus, known or not, and no file: a file called so has a path, `./sample`. */
export function namesSample(source: unknown): boolean {
  return typeof source === 'string' && /^sample(:|$)/.test(source);
}
