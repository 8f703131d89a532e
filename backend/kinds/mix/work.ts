import { defaultMixer, mixerToJson, type TrainedMixer, trainMixer } from '../../mixing/mixer';
import type { TokenizedDocument } from '../../corpus/tokenized';
import { mixerContext } from '../../evaluate/systems';
import { windows } from '../../model/score';
import type { Outcome } from '../../protocol/outcome';
import type { Mixer } from '../../protocol/records';
import type { MixInputs } from './inputs';
import type { MixSpec } from './spec';
import { readCorpus, sample } from '../shared/corpus';
import { loadExperts } from '../shared/experts';
import { openModel } from '../shared/base-model';
import { declareInputs, type Job } from '../../engine/job';

/** Trains the mixer of a set of experts. */
export async function mix(job: Job<MixSpec, MixInputs>): Promise<Outcome> {
  const { spec, watch } = job;
  const { experts, assignments } = job.inputs;
  const { documents, piles } = assignments;
  const { model, sha256 } = await openModel(experts.model, job);
  await declareInputs(job, sha256);
  const members = new Set(documents);
  const { corpus } = await readCorpus(job, model, {
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
  const record = mixerRecord(job, trained, { experts: experts.id, seed: spec.seed });
  return { result: record.id, mixer: { record, weights: mixerToJson(trained.mixer) } };
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
