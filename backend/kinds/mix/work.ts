import { filesOf } from '../../base/files';
import { fitWeighting } from '../../mixing/fit';
import type { Raw } from '../../base/settings';
import type { FitEvidence, Weighting } from '../../mixing/weighting';
import { weightingNamed, weightings } from '../../mixing/weightings';
import { readSpace, spaceFile } from '../../split/space';
import type { TokenizedDocument } from '../../corpus/tokenized';
import { type FittedSystem, mixerContext } from '../../evaluate/systems';
import { windows } from '../../model/score';
import type { Outcome } from '../../protocol/outcome';
import type { ExpertSetRecord, MixerRecord } from '../../protocol/records';
import type { MixInputs } from './inputs';
import type { MixSpec } from './spec';
import { readCorpus, sample } from '../shared/corpus';
import { loadExperts } from '../shared/experts';
import { openModelOf } from '../shared/base-model';
import { withExecutor } from '../shared/executors';
import { readByTasks } from '../shared/expert-reading';
import { declareInputs, type Job } from '../../engine/job';

/** Fits one of these weightings to a set of experts. */
export function mixWith(entries: typeof weightings): (job: Job<MixSpec, MixInputs>) => Promise<Outcome> {
  return (job) => fitMixer(entries, job);
}

export const mix = mixWith(weightings);

async function fitMixer(entries: typeof weightings, job: Job<MixSpec, MixInputs>): Promise<Outcome> {
  const { spec, watch } = job;
  const entry = weightingNamed(spec.weighting, entries);
  const { experts, assignments } = job.inputs;
  const { documents, piles } = assignments;
  const { model, sha256 } = await openModelOf(experts, job);
  await declareInputs(job, sha256);
  const members = new Set(documents);
  const { corpus } = await readCorpus(job, model, {
    train: (all) => all.filter(({ index }) => members.has(index)),
    validation: sample(spec.validationDocuments),
  });
  const stack = await loadExperts(job.project, experts, model.config);
  const first = ({ tokens }: TokenizedDocument): Int32Array => windows(tokens, mixerContext)[0] ?? tokens;
  const { seed } = spec;
  const values = valuesOf(spec, entry);
  const numbers = experts.experts.map(({ pile }, i) => pile ?? i);
  const evidence = {
    model,
    stack,
    seed,
    shares: experts.experts.map(({ share }) => share ?? 1 / stack.count),
    training: { documents: corpus.train.map(first), piles: piles.map((pile) => numbers.indexOf(pile)) },
    validation: corpus.validation.map(first),
    ...spaceOf(job.project, experts, numbers),
  };
  const { weighting, validationNll } = await withExecutor(job, { model, sha256 }, async (executor) => {
    const reading = await readByTasks(executor, { model, sha256 }, stack, watch);
    return fitWeighting(entry, { ...evidence, reading }, watch, values);
  });
  const { figures } = weighting;
  const settings = Object.keys(values).length === 0 ? {} : { settings: values };
  const fitted = { experts: experts.id, weighting: entry.name, ...settings, seed };
  const record = recordOfMixer(job, { figures, validationNll }, fitted);
  return { result: record.id, mixer: { record, weights: weighting.toJson() } };
}

/** What was said of the weighting's own settings, and how many experts speak. */
function valuesOf(spec: Raw & MixSpec, { settings = {} }: Weighting): Record<string, string | number | boolean> {
  const own = ['top', ...Object.keys(settings)].map((key) => [key, spec[key]] as const);
  return Object.fromEntries(own.filter((pair): pair is [string, string | number | boolean] => pair[1] !== undefined));
}

/** Where the documents of the experts' split lie. */
function spaceOf(
  project: string,
  { clustering }: ExpertSetRecord,
  piles: readonly number[],
): Pick<FitEvidence, 'space'> {
  if (clustering === undefined) return {};
  const file = spaceFile(clustering);
  return { space: { file, piles, read: () => readSpace(filesOf(project), file) } };
}

export function recordOfMixer(
  { id: run, suffix, created }: Pick<Job, 'id' | 'suffix' | 'created'>,
  { figures, validationNll }: Pick<FittedSystem, 'figures' | 'validationNll'>,
  fitted: Pick<MixerRecord, 'experts' | 'weighting' | 'settings' | 'seed'>,
): MixerRecord {
  return { id: `mixer-${suffix}`, created, run, ...fitted, ...figures, validationNll };
}
