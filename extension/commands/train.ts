import { chord, inTitle, onRow } from '../contributions/contribution';
import { mixKind } from '../../backend/kinds/mix/spec';
import { trainKind } from '../../backend/kinds/train/spec';
import { formatNumber } from '../format';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { pickExperts, pickSplit } from '../wizard/pick';
import { askRun } from '../wizard/run-wizard';
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

async function train(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Train Experts', 3, async (ask) => {
    const { id: split, k } = await pickSplit(ask, polymath, given);
    const prompt = `Training tokens of all ${formatNumber(k, 'expert')} together`;
    const tokens = await ask.number({ prompt, value: trainKind.settings.tokens.default, least: 1 });
    return askRun(ask, polymath, { kind: trainKind, subjects: { split, tokens }, start: 'Start Training' });
  });
  await begin(polymath, spec);
}

async function mix(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Train Mixer', 2, async (ask) => {
    const { id: experts } = await pickExperts(ask, polymath, given);
    return askRun(ask, polymath, { kind: mixKind, subjects: { experts }, start: 'Start Training' });
  });
  await begin(polymath, spec);
}
