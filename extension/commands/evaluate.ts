import { compareKind } from '../../backend/kinds/compare/spec';
import { sweepKind } from '../../backend/kinds/sweep/spec';
import { evaluateKind } from '../../backend/kinds/evaluate/spec';
import { weightingLabel } from '../../backend/mixing/weightings/settings';
import type { DatasetRecord, ExpertSetRecord, MixerRecord } from '../../backend/protocol/records';
import { having, onRow } from '../contributions/contribution';
import { formatCount, formatTime } from '../format';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import type { ListChoice } from '../wizard/boxes';
import { pickDataset, pickExperts, pickTable } from '../wizard/pick';
import { askRun } from '../wizard/run-wizard';
import { type Ask, Only } from '../wizard/steps';
import type { CommandTable } from './command';

export const evaluateCommands: CommandTable = {
  'polymath.experts.evaluate': {
    title: 'Evaluate…',
    icon: 'beaker',
    palette: having('experts'),
    needs: 'backend',
    menus: [onRow('experts', /^(experts|mixer)$/, '2_work@2')],
    run: evaluate,
  },
  'polymath.datasets.compare': {
    title: 'Compare Systems…',
    icon: 'graph',
    palette: having('datasets'),
    needs: 'backend',
    menus: [onRow('datasets', 'dataset', '2_work@2')],
    run: compare,
  },
  'polymath.datasets.sweep': {
    title: 'Compare Parts of Perplexity EM…',
    icon: 'table',
    palette: having('datasets'),
    needs: 'backend',
    menus: [onRow('datasets', 'dataset', '2_work@3')],
    run: sweep,
  },
  'polymath.evaluations.openTable': {
    title: 'Open Table of a Comparison of Parts',
    palette: having('evaluations'),
    needs: 'backend',
    run: openTable,
  },
};

async function evaluate(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Evaluate Experts', 4, async (ask) => {
    const experts = await pickExperts(ask, polymath, given);
    const mixer = await askMixer(ask, polymath, experts);
    const dataset = await testDataset(ask, polymath, experts);
    return askRun(ask, polymath, {
      kind: evaluateKind,
      subjects: { experts: experts.id, dataset: dataset.id, ...(mixer === 'equal' ? {} : { mixer: mixer.id }) },
      begin: { testDocuments: dataset.documents.test },
      start: 'Start Evaluation',
    });
  });
  await begin(polymath, spec);
}

/** What weighs the experts: the mixer where there is one only, equal weights where there is none. */
function askMixer(ask: Ask, { client }: Polymath, { id: experts }: ExpertSetRecord): Promise<MixerRecord | 'equal'> {
  return ask.pick<MixerRecord | 'equal'>(async () => {
    const { items } = await client.call('mixers/list', { experts, limit: 1000 });
    if (items.length === 0) return new Only('equal');
    const lines: ListChoice<MixerRecord | 'equal'>[] = items.map((mixer) => ({
      label: `Mixer by ${weightingLabel(mixer.weighting ?? 'probe')}, of ${formatTime(mixer.created)}`,
      description: `${mixer.validationNll.toFixed(3)} nats per token on validation`,
      detail: mixer.id,
      value: mixer,
    }));
    return { placeholder: 'What weighs the experts?', lines: [...lines, { label: 'Equal Weights', value: 'equal' }] };
  });
}

/** Experts are judged by the test documents of what they learned from; those from elsewhere by what the user names. */
async function testDataset(ask: Ask, polymath: Polymath, { clustering }: ExpertSetRecord): Promise<DatasetRecord> {
  if (clustering === undefined) return pickDataset(ask, polymath);
  return ask.pick(async () => {
    const { dataset } = await polymath.client.call('splits/get', { clustering });
    return new Only(await polymath.client.call('datasets/get', { dataset }));
  });
}

async function compare(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Compare Systems', 3, async (ask) => {
    const { id: dataset, documents } = await pickDataset(ask, polymath, given);
    const { k: piles, trainDocuments } = compareKind.settings;
    const prompt = `Number of piles for at most ${formatCount(trainDocuments.default)} training documents`;
    const k = await ask.number({ prompt, value: piles.default, least: 1, most: Math.min(1000, documents.train) });
    return askRun(ask, polymath, { kind: compareKind, subjects: { dataset, k }, start: 'Start Comparison' });
  });
  await begin(polymath, spec);
}

async function sweep(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Compare Parts of Perplexity EM', 3, async (ask) => {
    const { id: dataset, documents } = await pickDataset(ask, polymath, given);
    const prompt = `Number of piles for ${formatCount(documents.train)} training documents`;
    const value = sweepKind.settings.k.default;
    const k = await ask.number({ prompt, value, least: 1, most: Math.min(1000, documents.train) });
    return askRun(ask, polymath, { kind: sweepKind, subjects: { dataset, k }, start: 'Start Comparison' });
  });
  await begin(polymath, spec);
}

async function openTable(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const { id, name } = await polymath.dialogs.run('Open Table', 1, (ask) => pickTable(ask, polymath, given));
  await polymath.reports.showTable(id, name);
}
