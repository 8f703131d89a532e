/** What each kind of run does: loaded only then, for an import has no use for ONNX Runtime, nor a split for CSV. */
import { compareInputs } from './compare/inputs';
import { evaluateInputs } from './evaluate/inputs';
import { evolveInputs } from './evolve/inputs';
import { examInputs } from './exam/inputs';
import { importExpertsInputs } from './import-experts/inputs';
import { indexInputs } from './index/inputs';
import { fileWork, ledWork, modelWork, type WorkTable } from './work-entry';
import { mergeInputs } from './merge/inputs';
import { mixInputs } from './mix/inputs';
import { noInputs } from './shared/inputs';
import { splitInputs } from './split/inputs';
import type { SpecsByKind } from './specs';
import { sweepInputs } from './sweep/inputs';
import { trainInputs } from './train/inputs';

export const kindWork = {
  import: fileWork('import', noInputs, async () => (await import('./import/work')).importDataset),
  'import-questions': fileWork(
    'import-questions',
    noInputs,
    async () => (await import('./import-questions/work')).importQuestionSet,
  ),
  'import-experts': fileWork(
    'import-experts',
    importExpertsInputs,
    async () => (await import('./import-experts/work')).importExperts,
  ),
  index: fileWork('index', indexInputs, async () => (await import('./index/work')).indexWords),
  split: modelWork(
    'split',
    splitInputs,
    async () => (await import('./split/work')).split,
    async () => (await import('./split/estimate')).splitEstimate,
  ),
  train: modelWork(
    'train',
    trainInputs,
    async () => (await import('./train/work')).train,
    async () => (await import('./train/estimate')).trainEstimate,
  ),
  mix: modelWork(
    'mix',
    mixInputs,
    async () => (await import('./mix/work')).mix,
    async () => (await import('./mix/estimate')).mixEstimate,
  ),
  evaluate: modelWork(
    'evaluate',
    evaluateInputs,
    async () => (await import('./evaluate/work')).evaluate,
    async () => (await import('./evaluate/estimate')).evaluateEstimate,
  ),
  compare: modelWork(
    'compare',
    compareInputs,
    async () => (await import('./compare/work')).compare,
    async () => (await import('./compare/estimate')).compareEstimate,
  ),
  exam: modelWork(
    'exam',
    examInputs,
    async () => (await import('./exam/work')).exam,
    async () => (await import('./exam/estimate')).examEstimate,
  ),
  evolve: modelWork(
    'evolve',
    evolveInputs,
    async () => (await import('./evolve/work')).evolve,
    async () => (await import('./evolve/estimate')).evolveEstimate,
  ),
  sweep: modelWork(
    'sweep',
    sweepInputs,
    async () => (await import('./sweep/work')).sweep,
    async () => (await import('./sweep/estimate')).sweepEstimate,
  ),
  merge: fileWork('merge', mergeInputs, async () => (await import('./merge/work')).merge),
  pull: fileWork('pull', noInputs, async () => (await import('./pull/work')).pull),
  pipeline: ledWork('pipeline', async () => (await import('./pipeline/estimate')).estimatePipeline),
} as const satisfies WorkTable & { readonly [K in keyof SpecsByKind]: unknown };
