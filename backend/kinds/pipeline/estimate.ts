/** What the stages of a pipeline will take, from a look at its source: nothing of them is there yet. */
import { UserError } from '../../base/errors';
import { modelSetting } from '../../base/settings';
import { surveySource } from '../../corpus/import/inspect-source';
import { peakMemory } from '../../engine/child';
import type { ModelConfig } from '../../model/architectures/config';
import { LanguageModel } from '../../model/language-model';
import { findModel } from '../../model-files/source';
import { costOfAll, type RunCost, type StageCost } from '../../protocol/run';
import { encoderNamed } from '../../split/features/settings';
import type { ImportSpec } from '../import/spec';
import { importOptions } from '../import/work-options';
import { isKind, stagesOf } from '../kind';
import { addMixer } from '../mix/estimate';
import type { MixSpec } from '../mix/spec';
import { offeredModel } from '../pull/spec';
import { readSpec } from '../read-spec';
import { costOf, EstimatedWork, type Lengths, measureLengths } from '../shared/estimate';
import type { PlannedDataset } from '../shared/inputs';
import { SpeedProbe } from '../shared/speed-probe';
import { runKinds } from '../specs';
import { openEncoder } from '../split/encoder';
import { splitEstimate } from '../split/estimate';
import type { SplitSpec } from '../split/spec';
import { trainEstimate } from '../train/estimate';
import type { TrainSpec } from '../train/spec';
import { trainingSettings } from '../train/work';
import type { EstimatedPlace } from '../work-entry';
import { pipelineKind, type PipelineSpec } from './spec';

/** Texts that are tokenised and tried. */
const sampled = 256;
/** Writing documents takes about as long as reading them. */
const importing = 2;

/** Throws UserError where the source cannot be read, or where a model is to be downloaded of which nothing is known. */
export async function estimatePipeline(
  spec: PipelineSpec,
  { device, products, signal }: EstimatedPlace,
): Promise<RunCost> {
  const beginning = performance.now() / 1000;
  const reader = peakMemory();
  const { name, slower, memory } = probedModel(spec);
  const model = await LanguageModel.open((await findModel(name)).folder, { device, products });
  const opening = performance.now() / 1000;
  const source = importOptions(toldTo<ImportSpec>('import', spec));
  const { facts, texts, reading } = await surveySource(source, signal, sampled);
  const encoder = encoderNamed(spec);
  const lengths = await measureLengths(texts, model, encoder === undefined ? undefined : await openEncoder(encoder));
  const planned = { dataset: facts, lengths, config: model.config };
  const probe = new SpeedProbe(model);
  const seconds = beginning + importing * reading;
  const stages: StageCost[] = [{ kind: 'import', tokens: 0, seconds, memory: reader + facts.textBytes / 2 ** 20 }];
  for (const [kind, add] of Object.entries(computing)) {
    const work = new EstimatedWork(probe, texts, lengths);
    const before = probe.building;
    const documents = await add(work, spec, planned);
    const building = probe.building - before;
    const cost = costOf(work, { documents, dataset: facts, lengths, building, opening, worker: { reader } });
    // What goes through a model takes longer with a larger one.
    const longer = work.tokens > 0 ? (slower - 1) * work.seconds : 0;
    stages.push({ kind, ...cost, seconds: cost.seconds + longer, memory: Math.max(memory, cost.memory) });
  }
  return { ...costOfAll(stages), stages };
}

/** The model that is probed: of one that is not here yet the bundled one tells, and how much longer it takes. */
function probedModel({ model, pull }: PipelineSpec): { name: string; slower: number; memory: number } {
  if (!pull) return { name: model, slower: 1, memory: 0 };
  const offered = offeredModel(model);
  if (offered !== undefined) return { ...offered, name: modelSetting.default };
  throw new UserError(
    `How long ${model} takes cannot be told before it is on this machine.`,
    `Download it first: polymath models pull ${model}`,
  );
}

interface Planned extends PlannedDataset {
  readonly lengths: Lengths;
  readonly config: ModelConfig;
}

type Add = (work: EstimatedWork, spec: PipelineSpec, planned: Planned) => Promise<number>;

/** What each stage computes that computes; how many documents it reads. */
const computing: Readonly<Record<'split' | 'train' | 'mix', Add>> = {
  split: (work, spec, { dataset, ...rest }) =>
    splitEstimate.add(work, { spec: toldTo<SplitSpec>('split', spec, 'data-0'), inputs: { dataset }, ...rest }),
  train: (work, spec, { dataset, ...rest }) => {
    const inputs = { dataset, clustering: { k: spec.k } };
    return trainEstimate.add(work, { spec: toldTo<TrainSpec>('train', spec, 'split-0'), inputs, ...rest });
  },
  mix: async (work, spec, { dataset: { documents }, ...rest }) => {
    const { expert } = trainingSettings(toldTo<TrainSpec>('train', spec, 'split-0'), rest.config);
    await addMixer(work, toldTo<MixSpec>('mix', spec, 'experts-0'), {
      documents,
      shape: { k: spec.k, expert },
      ...rest,
    });
    return documents.train + documents.validation;
  },
};

/** What a stage is told; `made`: the id of what the one before will have made. */
function toldTo<S extends { readonly kind: string }>(kind: S['kind'], spec: PipelineSpec, made?: string): S {
  const stage = stagesOf(pipelineKind, spec).find((one) => one.kind === kind);
  const read = readSpec(runKinds, { ...stage?.told(spec, made), kind });
  if (isKind<S>(kind, read)) return read;
  throw new Error(`a pipeline has no stage ${kind}`);
}
