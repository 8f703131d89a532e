/** Every kind of run by its name, as it speaks of itself. `coordinators.ts` and `work.ts` beside this say what is done for it and in it. */
import type { Setting } from '../base/settings';
import { compareKind, type CompareSpec } from './compare/spec';
import { evaluateKind, type EvaluateSpec } from './evaluate/spec';
import { evolveKind, type EvolveSpec } from './evolve/spec';
import { examKind, type ExamSpec } from './exam/spec';
import { importExpertsKind, type ImportExpertsSpec } from './import-experts/spec';
import { importQuestionsKind, type ImportQuestionsSpec } from './import-questions/spec';
import { importKind, type ImportSpec } from './import/spec';
import { indexKind, type IndexSpec } from './index/spec';
import type { RunKind } from './kind';
import { mergeKind, type MergeSpec } from './merge/spec';
import { mixKind, type MixSpec } from './mix/spec';
import { pipelineKind, type PipelineSpec } from './pipeline/spec';
import { pullKind, type PullSpec } from './pull/spec';
import { sweepKind, type SweepSpec } from './sweep/spec';
import { splitKind, type SplitSpec } from './split/spec';
import { trainKind, type TrainSpec } from './train/spec';

export type KindTable = Readonly<Record<string, RunKind>>;

export const runKinds = {
  import: importKind,
  'import-questions': importQuestionsKind,
  'import-experts': importExpertsKind,
  index: indexKind,
  split: splitKind,
  train: trainKind,
  mix: mixKind,
  evaluate: evaluateKind,
  compare: compareKind,
  exam: examKind,
  evolve: evolveKind,
  sweep: sweepKind,
  merge: mergeKind,
  pull: pullKind,
  pipeline: pipelineKind,
} as const satisfies KindTable;

/** What runs of each kind are told. */
export interface SpecsByKind {
  readonly import: ImportSpec;
  readonly 'import-questions': ImportQuestionsSpec;
  readonly 'import-experts': ImportExpertsSpec;
  readonly index: IndexSpec;
  readonly split: SplitSpec;
  readonly train: TrainSpec;
  readonly mix: MixSpec;
  readonly evaluate: EvaluateSpec;
  readonly compare: CompareSpec;
  readonly exam: ExamSpec;
  readonly evolve: EvolveSpec;
  readonly sweep: SweepSpec;
  readonly merge: MergeSpec;
  readonly pull: PullSpec;
  readonly pipeline: PipelineSpec;
}

export type KnownSpec = SpecsByKind[keyof SpecsByKind];

/** The setting of that key, of whatever kind: a key means one thing. */
export function settingNamed(kinds: KindTable, key: string): Setting | undefined {
  const tables = Object.values(kinds).flatMap(({ settings, variants }) => [
    settings,
    ...Object.values(variants?.of ?? {}).map((variant) => variant.settings),
  ]);
  return tables.find((table) => Object.hasOwn(table, key))?.[key];
}
