/** What a run made: written by its process as one bundle when it ends, taken over into the store by the coordinator. */
import { z } from 'zod';
import { float32Array, int32Array } from '../base/array-schemas';
import { councilRecord } from './councils';
import {
  splitRecord,
  datasetRecord,
  evaluationRecord,
  expertSetRecord,
  id,
  mixerRecord,
  questionRecord,
  questionSetRecord,
} from './records';

/** The rows of a split, each with the dataset's index of its document. */
export const splitRows = z.strictObject({
  /** [N]: index in the dataset, rising. */
  documents: int32Array,
  /** [N] */
  piles: int32Array,
  /** [N]: P(pile | document) at the end, where the method tells. */
  confidence: float32Array.optional(),
  /** Rows (places in `documents`) that fit no pile. */
  outliers: int32Array,
  /** P(pile | document) [N, k] at the end, where the method tells; and as each round saw it. */
  posteriors: float32Array.optional(),
  rounds: z.array(z.strictObject({ round: z.int().positive(), posteriors: float32Array })),
});
export type SplitRows = z.infer<typeof splitRows>;

const madeSplit = z.strictObject({ clustering: splitRecord, rows: splitRows });

export const outcome = z.strictObject({
  /** Its main result: the id of one of the records below, or a folder. */
  result: z.string(),
  dataset: datasetRecord.optional(),
  /** The dataset whose words were indexed. */
  index: id('data').optional(),
  questions: z.strictObject({ set: questionSetRecord, questions: z.array(questionRecord) }).optional(),
  split: madeSplit.optional(),
  /** Further splits, of a run that makes many. */
  splits: z.array(madeSplit).optional(),
  experts: expertSetRecord.optional(),
  /** `weights` is what `openWeighting` of mixing/weightings reads. */
  mixer: z.strictObject({ record: mixerRecord, weights: z.unknown() }).optional(),
  council: councilRecord.optional(),
  evaluation: evaluationRecord.optional(),
});
export type Outcome = z.infer<typeof outcome>;
