import { councilRecord, type CouncilRecord } from '../protocol/councils';
import { linkRecord, type LinkRecord } from '../protocol/labels';
import {
  splitRecord,
  datasetRecord,
  evaluationRecord,
  expertSetRecord,
  mixerRecord,
  questionSetRecord,
  type DatasetRecord,
  type ExpertSetRecord,
  type MixerRecord,
  type QuestionSetRecord,
} from '../protocol/records';
import { runRecord, type RunRecord } from '../protocol/run';
import { RecordTable } from './record-table';
import type { z } from 'zod';

export const datasets = new RecordTable<DatasetRecord>({ table: 'datasets', schema: datasetRecord, noun: 'dataset' });

export const questionSets = new RecordTable<QuestionSetRecord>({
  table: 'question_sets',
  schema: questionSetRecord,
  noun: 'question set',
});

/** Piles are in a table of their own, because people rename them and move documents between them. */
const keptOfSplit = splitRecord.omit({ piles: true, unmetLinks: true });
export type KeptOfSplit = z.infer<typeof keptOfSplit>;
export const clusterings = new RecordTable<KeptOfSplit>({
  table: 'clusterings',
  schema: keptOfSplit,
  noun: 'split',
  columns: ({ dataset }) => ({ dataset }),
});

export const links = new RecordTable<LinkRecord>({
  table: 'links',
  schema: linkRecord,
  noun: 'link',
  columns: ({ dataset, a, b }) => ({ dataset, a, b }),
});

export const experts = new RecordTable<ExpertSetRecord>({
  table: 'experts',
  schema: expertSetRecord,
  noun: 'set of experts',
  columns: ({ clustering = null }) => ({ clustering }),
});

export const mixers = new RecordTable<MixerRecord>({
  table: 'mixers',
  schema: mixerRecord,
  noun: 'mixer',
  columns: ({ experts }) => ({ experts }),
});

export const councils = new RecordTable<CouncilRecord>({
  table: 'councils',
  schema: councilRecord,
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
const evaluationWithoutResult = evaluationRecord.omit({ result: true });
export type ListedEvaluation = z.infer<typeof evaluationWithoutResult>;
export const evaluations = new RecordTable<ListedEvaluation>({
  table: 'evaluations',
  schema: evaluationWithoutResult,
  noun: 'evaluation',
});
