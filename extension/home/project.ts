/** Reads what Home shows of a project. */
import { modelSetting, modelToday } from '../../backend/base/settings';
import { letterIndex } from '../../backend/base/letter';
import type { Headline } from '../../backend/protocol/headline';
import { warningsOf } from '../../backend/protocol/expert-warnings';
import type { DatasetRecord, ExpertSetRecord } from '../../backend/protocol/records';
import type { RunDevice, RunRecord } from '../../backend/protocol/run';
import { toldOfEmptyPiles } from '../../backend/split/methods/method';
import type { ShownProject, ShownRun, State } from '../../webview/home/protocol';
import type { BackendClient } from '../backend/client';
import { formatCount, formatNumber, formatTime } from '../format';
import { pickText, runTitle, shareDone } from '../runs/text';
import { evaluationTitles } from '../views/expert-items';
import type { Made } from './pipeline';

/** All that is listed of anything: more than anybody makes. */
const all = { limit: 1000 };

export interface Found extends Omit<Made, 'asked'> {
  readonly shown: Omit<ShownProject, 'steps' | 'model'>;
  /** Of the experts, else the one that is taken where nobody names another. */
  readonly model: string;
  /** Where the last run computed. */
  readonly device: RunDevice | undefined;
}

/** `chosen`: the dataset and the split that are to be shown; the newest where they are not there. */
export async function readProject(client: BackendClient, chosen: Pick<State, 'dataset' | 'split'>): Promise<Found> {
  const [{ bytes }, runs, datasets, evaluations] = await Promise.all([
    client.call('project/info', {}),
    client.call('runs/list', { limit: 100 }),
    client.call('datasets/list', all),
    client.call('evaluations/list', all),
  ]);
  const dataset = named(datasets.items, chosen.dataset);
  const splits = dataset ? (await client.call('splits/list', { dataset: dataset.id, ...all })).items : [];
  const split = named(splits, chosen.split);
  const [piles, experts] = await Promise.all([
    split ? client.call('piles/list', { clustering: split.id }) : [],
    expertsOf(client, split?.id),
  ]);
  const mixer = experts && (await client.call('mixers/list', { experts: experts.id, limit: 1 })).items.at(0);
  const evaluation =
    evaluations.items.find((one) => experts !== undefined && one.experts === experts.id) ??
    evaluations.items.find((one) => dataset === undefined || one.dataset === dataset.id);
  const headed = evaluation && (await headline(client, evaluation.id));
  return {
    dataset,
    split,
    experts,
    mixer,
    evaluation,
    headline: headed,
    device: runs.items.find((run) => run.device !== undefined)?.device,
    model: experts ? modelToday(experts.model) : modelSetting.default,
    shown: {
      datasets: datasets.items.map(choiceOf),
      splits: splits.map(choiceOf),
      dataset: dataset && { id: dataset.id, about: aboutDataset(dataset) },
      split: split && {
        id: split.id,
        about: `${formatNumber(split.documents, 'document')} in ${formatNumber(piles.length, 'pile')}`,
        warning: toldOfEmptyPiles(piles),
        piles: piles.map(({ pile, name, size }) => ({ pile, name, size })),
      },
      experts: experts && shownExperts(experts),
      evaluation: evaluation && {
        id: evaluation.id,
        name: evaluation.name,
        about: `${evaluationTitles[evaluation.kind]} · ${formatTime(evaluation.created)}`,
        headline: headed,
      },
      disk: Object.entries(bytes),
    },
  };
}

const choiceOf = ({ id, name }: { id: string; name: string }) => ({ id, name });
const named = <T extends { id: string }>(items: readonly T[], id: string | undefined): T | undefined =>
  items.find((item) => item.id === id) ?? items.at(0);

/** Those of a split; without one those from elsewhere, which belong to none. */
async function expertsOf(client: BackendClient, clustering: string | undefined): Promise<ExpertSetRecord | undefined> {
  if (clustering !== undefined) return (await client.call('experts/list', { clustering, limit: 1 })).items.at(0);
  const { items } = await client.call('experts/list', all);
  return items.find((one) => one.clustering === undefined);
}

function aboutDataset({ documents, domains, duplicates, rejected }: DatasetRecord): string {
  const copies = duplicates.exact + duplicates.near;
  const { total, train, validation, test } = documents;
  return [
    formatNumber(total, 'document'),
    `${formatCount(train)} to learn from, ${formatCount(validation)} to validate, ${formatCount(test)} to test`,
    ...(domains.length > 0 ? [formatNumber(domains.length, 'gold domain')] : []),
    ...(copies > 0 ? [formatNumber(copies, 'copy', 'copies')] : []),
    ...(rejected > 0 ? [`${formatNumber(rejected, 'row')} left out`] : []),
  ].join(' · ');
}

function shownExperts(record: ExpertSetRecord): ShownProject['experts'] {
  const { id, name, experts, tokens } = record;
  const learned = tokens === undefined ? 'trained elsewhere' : `${formatNumber(tokens, 'token')} learned`;
  return {
    id,
    name,
    about: `${formatNumber(experts.length, 'expert')} · ${learned}`,
    rows: experts.map(({ letter, name, validation }, place) => ({
      letter,
      number: letterIndex(letter) ?? place,
      name,
      validation,
    })),
    warnings: warningsOf(record),
  };
}

async function headline(client: BackendClient, evaluation: string): Promise<Headline | undefined> {
  const record = await client.call('evaluations/get', { evaluation });
  const { tableOfEvaluation } = await import('../../backend/protocol/evaluation-tables');
  const { headlineOf } = await import('../../backend/protocol/headline');
  // A record of a later version may hold what this one does not know: its page says so.
  try {
    return headlineOf(tableOfEvaluation(record));
  } catch {
    return undefined;
  }
}

/** The runs that a person may want to see to: at work, waiting, or standing still, in this order. */
export function shownRuns(active: readonly RunRecord[], stuck: readonly RunRecord[]): ShownRun[] {
  const running = active.filter(({ state }) => state === 'running');
  const queued = active.filter(({ state }) => state === 'queued');
  return [...running, ...queued, ...stuck].map((run) => {
    const { id, state, progress, failure } = run;
    const isAtWork = state === 'running';
    return {
      id,
      title: runTitle(run),
      state: isAtWork || state === 'queued' ? state : 'stuck',
      words: pickText(run),
      next: failure?.next,
      share: isAtWork && progress !== undefined ? shareDone(progress) : undefined,
    };
  });
}

/** Runs that wait for a person: paused or interrupted ones, and the newest of all where it failed. */
export async function stuckRuns(client: BackendClient): Promise<RunRecord[]> {
  const few = { limit: 5 };
  const [paused, interrupted, newest] = await Promise.all([
    client.call('runs/list', { state: 'paused', ...few }),
    client.call('runs/list', { state: 'interrupted', ...few }),
    client.call('runs/list', { limit: 1 }),
  ]);
  return [...paused.items, ...interrupted.items, ...newest.items.filter(({ state }) => state === 'failed')];
}
