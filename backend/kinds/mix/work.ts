import { defaultMixer, mixerToJson, type TrainedMixer, trainMixer } from '../../mixing/mixer';
import type { TokenizedDocument } from '../../corpus/tokenized';
import { mixerContext } from '../../evaluate/systems';
import { windows } from '../../model/score';
import type { Outcome } from '../../protocol/outcome';
import type { Mixer } from '../../protocol/records';
import type { MixSpec } from '../../protocol/run';
import { readCorpus, sample } from '../shared/corpus';
import { loadExperts } from '../shared/experts';
import { openModel } from '../shared/base-model';
import { declareInputs, type Job, required } from '../../engine/job';

/** Trains the mixer of a set of experts. */
export async function mix(job: Job<MixSpec>): Promise<Outcome> {
  const { spec, watch } = job;
  const experts = required(job.inputs.experts, 'experts');
  const { documents, piles } = required(job.inputs.assignments, 'assignments');
  const dataset = required(job.inputs.dataset, 'dataset');
  const { model, sha256 } = await openModel(experts.model, job);
  await declareInputs(job, dataset, sha256);
  const members = new Set(documents);
  const { corpus } = await readCorpus(job, dataset, model, {
    train: (all) => all.filter(({ index }) => members.has(index)),
    validation: sample(undefined),
  });
  const stack = await loadExperts(job.project, experts, model.config);
  const first = ({ tokens }: TokenizedDocument): Int32Array => windows(tokens, mixerContext)[0] ?? tokens;
  const trained = await trainMixer(
    model,
    stack,
    { documents: corpus.train.map(first), piles },
    corpus.validation.map(first),
    { ...defaultMixer, seed: spec.seed },
    watch,
  );
  return {
    kind: 'mix',
    mixer: mixerRecord(job, trained, { experts: experts.id, seed: spec.seed }),
    weights: mixerToJson(trained.mixer),
  };
}

export function mixerRecord(
  job: Pick<Job, 'id' | 'suffix' | 'created'>,
  { mixer, fitted }: TrainedMixer,
  { experts, seed }: { readonly experts: string; readonly seed: number },
): Mixer {
  const { temperature, smoothing } = mixer;
  const validationNll = Math.min(...fitted.map(({ nll }) => nll));
  const { id: run, suffix, created } = job;
  return { id: `mixer-${suffix}`, created, experts, run, seed, temperature, smoothing, validationNll };
}
