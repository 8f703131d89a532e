/** Documents to the experts that predict them best: of a new dataset, or as where a split begins. */
import { runDefaults } from '../../backend/protocol/defaults';
import { onRow } from '../contributions/contribution';
import { formatNumber } from '../format';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { pickDataset, pickExperts } from '../wizard/pick';
import { costOf, review, type RunStart, type Setting } from '../wizard/review';
import { choiceSetting, numberSetting, textSetting } from '../wizard/settings';
import type { CommandTable } from './command';

export const splitByExpertsCommands: CommandTable = {
  'polymath.experts.split': {
    title: 'Split by Experts…',
    icon: 'split-horizontal',
    needs: 'backend',
    menus: [onRow('experts', 'experts', '2_work@3')],
    run: splitByExperts,
  },
};

interface Settings {
  readonly then: 'keep' | 'learn';
  readonly prefix: number;
  readonly rounds: number;
  readonly seed: number;
  readonly name: string;
}

async function splitByExperts(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Split by Experts', 3, async (ask) => {
    const { id: experts, experts: each } = await pickExperts(ask, polymath, given);
    const { id: dataset, documents } = await pickDataset(ask, polymath);
    const specOf = ({ then, prefix, rounds, seed, name }: Settings): RunStart => ({
      kind: 'split',
      dataset,
      method: 'em',
      experts,
      k: each.length,
      prefix,
      seed,
      ...(then === 'keep' ? { keep: true } : { rounds }),
      ...(name === '' ? {} : { name }),
    });
    const { split, seed } = runDefaults;
    const settings = await review<Settings>(ask, {
      settings: { then: 'keep', prefix: split.prefix, rounds: split.rounds, seed, name: '' },
      rows,
      start: `Give ${formatNumber(documents.train, 'Document')} to ${formatNumber(each.length, 'Expert')}`,
      outlook: (settings, signal) => costOf(polymath, specOf(settings), signal),
    });
    return specOf(settings);
  });
  await begin(polymath, spec);
}

const learning = ({ then }: Settings): boolean => then === 'learn';

const rows: readonly Setting<Settings>[] = [
  choiceSetting('then', {
    label: 'Then',
    placeholder: 'What becomes of the documents that an expert predicts best?',
    choices: { keep: 'they stay with it', learn: 'perplexity EM goes on from there, with experts of its own' },
  }),
  numberSetting('prefix', { label: 'Tokens Read of Each Document', prompt: 'Tokens from its beginning', least: 1 }),
  {
    ...numberSetting<Settings>('rounds', {
      label: 'Rounds at Most',
      prompt: 'How often all documents are gone through; it ends sooner when few move',
      least: 1,
    }),
    applies: learning,
  },
  {
    ...numberSetting<Settings>('seed', { label: 'Seed', prompt: 'Seed of all that is drawn', least: 0 }),
    applies: learning,
  },
  textSetting('name', { label: 'Name', prompt: 'Name of the split', none: 'by its method' }),
];
