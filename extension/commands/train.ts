import { runDefaults } from '../../backend/protocol/defaults';
import { chord, inTitle, onRow } from '../contributions/contribution';
import { formatNumber } from '../format';
import type { Polymath } from '../polymath';
import { baseModel, modelSetting } from '../wizard/base-model';
import { begin } from '../wizard/begin';
import { pickExperts, pickSplit } from '../wizard/pick';
import { costOf, review, type RunStart, type Setting } from '../wizard/review';
import { numberSetting, textSetting } from '../wizard/settings';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const trainCommands: CommandTable = {
  'polymath.experts.train': {
    title: 'Train Experts…',
    icon: 'mortar-board',
    needs: 'backend',
    menus: [inTitle('experts', 'navigation@1'), onRow('piles', 'split', 'inline@1', '2_work@1')],
    keys: [chord('t')],
    run: train,
  },
  'polymath.experts.mix': {
    title: 'Train Mixer…',
    icon: 'settings',
    needs: 'backend',
    menus: [onRow('experts', 'experts', 'inline@1', '2_work@1')],
    run: mix,
  },
};

interface Settings {
  readonly model: string;
  readonly rank: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly name: string;
}

async function train(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Train Experts', 3, (ask) => askTraining(ask, polymath, given));
  await begin(polymath, spec);
}

async function askTraining(ask: Ask, polymath: Polymath, given: readonly unknown[]): Promise<RunStart> {
  const { seed, train } = runDefaults;
  const { id: clustering, k } = await pickSplit(ask, polymath, given);
  const prompt = `Training tokens of all ${formatNumber(k, 'expert')} together`;
  const tokens = await ask.number({ prompt, value: train.tokens, least: 1 });
  const specOf = ({ name, ...settings }: Settings): RunStart => ({
    kind: 'train',
    clustering,
    tokens,
    ...settings,
    ...(name === '' ? {} : { name }),
  });
  const { rank, learningRate } = train;
  const settings = await review<Settings>(ask, {
    settings: { model: baseModel(polymath), rank, learningRate, seed, name: '' },
    rows: [modelSetting(polymath), ...rows],
    start: 'Start Training',
    outlook: (settings, signal) => costOf(polymath, specOf(settings), signal),
  });
  return specOf(settings);
}

const rows: readonly Setting<Settings>[] = [
  numberSetting('rank', { label: 'Rank', prompt: 'Rank of the LoRA adapters', least: 1, most: 1024 }),
  numberSetting('learningRate', {
    label: 'Learning Rate',
    prompt: 'Peak learning rate',
    least: 1e-7,
    most: 1,
    whole: false,
  }),
  numberSetting('seed', { label: 'Seed', prompt: 'Seed of all that is drawn', least: 0 }),
  textSetting('name', { label: 'Name', prompt: 'Name of the set of experts', none: 'by its split' }),
];

interface MixSettings {
  readonly seed: number;
}

async function mix(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Train Mixer', 2, async (ask) => {
    const { id: experts } = await pickExperts(ask, polymath, given);
    const specOf = ({ seed }: MixSettings): RunStart => ({ kind: 'mix', experts, seed });
    const settings = await review<MixSettings>(ask, {
      settings: { seed: runDefaults.seed },
      rows: [numberSetting('seed', { label: 'Seed', prompt: 'Seed of all that is drawn', least: 0 })],
      start: 'Start Training',
      outlook: (settings, signal) => costOf(polymath, specOf(settings), signal),
    });
    return specOf(settings);
  });
  await begin(polymath, spec);
}
