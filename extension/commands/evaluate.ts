import { runDefaults } from '../../backend/protocol/defaults';
import type { Dataset, ExpertSet, Mixer } from '../../backend/protocol/records';
import { onRow } from '../contributions/contribution';
import { formatCount, formatTime } from '../format';
import type { Polymath } from '../polymath';
import { baseModel, modelSetting } from '../wizard/base-model';
import { begin } from '../wizard/begin';
import type { Choice } from '../wizard/boxes';
import { pickDataset, pickExperts } from '../wizard/pick';
import { costOf, review, type RunStart, type Setting } from '../wizard/review';
import { numberSetting, numbersSetting } from '../wizard/settings';
import { type Ask, Only } from '../wizard/steps';
import type { CommandTable } from './command';

export const evaluateCommands: CommandTable = {
  'polymath.experts.evaluate': {
    title: 'Evaluate…',
    icon: 'beaker',
    needs: 'backend',
    menus: [onRow('experts', /^(experts|mixer)$/, '2_work@2')],
    run: evaluate,
  },
  'polymath.datasets.compare': {
    title: 'Run Comparison…',
    icon: 'graph',
    needs: 'backend',
    menus: [onRow('datasets', 'dataset', '2_work@2')],
    run: compare,
  },
};

interface Settings {
  readonly documents: number;
}

async function evaluate(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Evaluate Experts', 4, async (ask) => {
    const experts = await pickExperts(ask, polymath, given);
    const mixer = await askMixer(ask, polymath, experts);
    const dataset = await testDataset(ask, polymath, experts);
    const specOf = ({ documents }: Settings): RunStart => ({
      kind: 'evaluate',
      experts: experts.id,
      dataset: dataset.id,
      documents,
      ...(mixer === 'equal' ? {} : { mixer: mixer.id }),
    });
    const { test } = dataset.documents;
    const settings = await review<Settings>(ask, {
      settings: { documents: test },
      rows: [
        numberSetting('documents', {
          label: 'Test Documents',
          prompt: `Test documents of ${dataset.name} at most`,
          least: 1,
          most: test,
        }),
      ],
      start: 'Start Evaluation',
      outlook: (settings, signal) => costOf(polymath, specOf(settings), signal),
    });
    return specOf(settings);
  });
  await begin(polymath, spec);
}

/** What weighs the experts: the mixer where there is one only, equal weights where there is none. */
function askMixer(ask: Ask, { client }: Polymath, { id: experts }: ExpertSet): Promise<Mixer | 'equal'> {
  return ask.pick<Mixer | 'equal'>(async () => {
    const { items } = await client.call('mixers/list', { experts, limit: 1000 });
    if (items.length === 0) return new Only('equal');
    const lines: Choice<Mixer | 'equal'>[] = items.map((mixer) => ({
      label: `Mixer of ${formatTime(mixer.created)}`,
      description: `${mixer.validationNll.toFixed(3)} nats per token on validation`,
      detail: mixer.id,
      value: mixer,
    }));
    return { placeholder: 'What weighs the experts?', lines: [...lines, { label: 'Equal Weights', value: 'equal' }] };
  });
}

/** Experts are judged by the test documents of what they learned from; those from elsewhere by what the user names. */
async function testDataset(ask: Ask, polymath: Polymath, { clustering }: ExpertSet): Promise<Dataset> {
  if (clustering === undefined) return pickDataset(ask, polymath);
  return ask.pick(async () => {
    const { dataset } = await polymath.client.call('clusterings/get', { clustering });
    return new Only(await polymath.client.call('datasets/get', { dataset }));
  });
}

interface ComparisonSettings {
  readonly model: string;
  readonly seeds: readonly number[];
  readonly tokens: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly prefix: number;
  readonly rounds: number;
  readonly emTokens: number;
  readonly learningRate: number;
}

async function compare(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Run Comparison', 3, async (ask) => {
    const { id: dataset, documents } = await pickDataset(ask, polymath, given);
    const { k: usual, ...settings } = runDefaults.compare;
    const prompt = `Number of piles for at most ${formatCount(documents.train)} training documents`;
    const k = await ask.number({ prompt, value: usual, least: 1, most: Math.min(1000, documents.train) });
    const specOf = ({ seeds, ...rest }: ComparisonSettings): RunStart => ({
      kind: 'compare',
      dataset,
      k,
      ...rest,
      seeds: [...seeds],
    });
    const chosen = await review<ComparisonSettings>(ask, {
      settings: { ...settings, model: baseModel(polymath) },
      rows: [modelSetting(polymath), ...comparisonRows],
      start: 'Start Comparison',
      outlook: (settings, signal) => costOf(polymath, specOf(settings), signal),
    });
    return specOf(chosen);
  });
  await begin(polymath, spec);
}

const comparisonRows: readonly Setting<ComparisonSettings>[] = [
  numberSetting('tokens', {
    label: 'Training Tokens',
    prompt: 'Of every system, all its experts together',
    least: 1,
  }),
  numberSetting('train', { label: 'Training Documents', prompt: 'Training documents at most', least: 1 }),
  numberSetting('validation', { label: 'Validation Documents', prompt: 'Validation documents at most', least: 1 }),
  numberSetting('test', { label: 'Test Documents', prompt: 'Test documents at most', least: 1 }),
  numberSetting('prefix', { label: 'Tokens Read of Each Document', prompt: 'Tokens that decide its pile', least: 1 }),
  numberSetting('rounds', { label: 'Rounds', prompt: 'Rounds of the perplexity method', least: 1 }),
  numberSetting('emTokens', {
    label: 'Tokens per Round',
    prompt: 'Tokens that each expert learns from in a round of the perplexity method',
    least: 1,
  }),
  numberSetting('learningRate', {
    label: 'Learning Rate',
    prompt: 'Peak learning rate of the experts',
    least: 1e-7,
    most: 1,
    whole: false,
  }),
  numbersSetting('seeds', { label: 'Seeds', prompt: 'One or more, separated by commas', least: 0 }),
];
