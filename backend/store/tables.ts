import {
  clustering,
  council,
  dataset,
  evaluation,
  expertSet,
  link,
  mixer,
  questionSet,
  type Council,
  type Dataset,
  type ExpertSet,
  type Link,
  type Mixer,
  type QuestionSet,
} from '../protocol/records';
import { runRecord, type RunRecord } from '../protocol/run';
import { RecordTable } from './record-table';
import type { z } from 'zod';

export const datasets = new RecordTable<Dataset>({ table: 'datasets', schema: dataset, noun: 'dataset' });

export const questionSets = new RecordTable<QuestionSet>({
  table: 'question_sets',
  schema: questionSet,
  noun: 'question set',
});

/** Piles are in a table of their own, because people rename them and move documents between them. */
const clusteringWithoutPiles = clustering.omit({ piles: true });
export const clusterings = new RecordTable<z.infer<typeof clusteringWithoutPiles>>({
  table: 'clusterings',
  schema: clusteringWithoutPiles,
  noun: 'clustering',
  columns: ({ dataset }) => ({ dataset }),
});

export const links = new RecordTable<Link>({
  table: 'links',
  schema: link,
  noun: 'link',
  columns: ({ dataset, a, b }) => ({ dataset, a, b }),
});

export const experts = new RecordTable<ExpertSet>({
  table: 'experts',
  schema: expertSet,
  noun: 'set of experts',
  columns: ({ clustering = null }) => ({ clustering }),
});

export const mixers = new RecordTable<Mixer>({
  table: 'mixers',
  schema: mixer,
  noun: 'mixer',
  columns: ({ experts }) => ({ experts }),
});

export const councils = new RecordTable<Council>({
  table: 'councils',
  schema: council,
  noun: 'council',
  columns: ({ experts, name }) => ({ experts, name }),
});

export const runs = new RecordTable<RunRecord>({
  table: 'runs',
  schema: runRecord,
  noun: 'run',
  columns: ({ state }) => ({ state }),
});

/** The table of scores of an evaluation is in a column of its own, so that listings do not read it. */
const evaluationWithoutResult = evaluation.omit({ result: true });
export type ListedEvaluation = z.infer<typeof evaluationWithoutResult>;
export const evaluations = new RecordTable<ListedEvaluation>({
  table: 'evaluations',
  schema: evaluationWithoutResult,
  noun: 'evaluation',
});
