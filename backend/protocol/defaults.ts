/** What is done where nothing else is said: on the command line, in the editor, and by the backend. Free of schemas, for the editor. */

/** Peak learning rate of the experts. */
const learningRate = 5e-3;

export const runDefaults = {
  /** A base model by its name, see `model-files/source.ts`. */
  model: 'bundled',
  /** Of everything that is computed. */
  seed: 1,
  import: {
    /** Of the draw of the sides. */
    seed: 0,
    /** Shares of the documents. */
    validation: 0.1,
    test: 0.1,
    /** Jaccard similarity from which two texts are near-duplicates. */
    nearDuplicates: 0.8,
  },
  importQuestions: {
    seed: 0,
    /** Share of the questions. */
    test: 0.5,
  },
  split: {
    method: 'em',
    k: 6,
    /** Perplexity method: tokens of each document that are read, and passes over all documents at most. */
    prefix: 64,
    rounds: 4,
    /** Tokens that the expert of a pile learns from in a round. */
    roundTokens: 24_000,
    /** K-means by sentences. */
    encoder: 'Xenova/all-MiniLM-L6-v2',
    /** Guided method: the base model, by likelihood. */
    guide: 'likelihood',
  },
  train: {
    /** Of all experts together. */
    tokens: 200_000,
    rank: 8,
    learningRate,
  },
  merge: { dtype: 'float16' },
  /** The main job at a size that two cores finish in minutes: a sample of the corpus, one seed. */
  compare: {
    k: 6,
    seeds: [1],
    tokens: 48_000,
    /** Documents at most. */
    train: 800,
    validation: 40,
    test: 48,
    prefix: 48,
    rounds: 1,
    emTokens: 4_000,
    learningRate,
  },
} as const;
