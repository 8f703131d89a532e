/** Documents to the experts that predict them best: of a new dataset, or as where a split begins. */
import { splitKind } from '../../backend/kinds/split/spec';
import { having, onRow } from '../contributions/contribution';
import { formatNumber } from '../format';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { pickDataset, pickExperts } from '../wizard/pick';
import { askRun } from '../wizard/run-wizard';
import type { CommandTable } from './command';

export const splitByExpertsCommands: CommandTable = {
  'polymath.experts.split': {
    title: 'Split by Experts…',
    icon: 'split-horizontal',
    palette: having('experts'),
    needs: 'backend',
    menus: [onRow('experts', 'experts', '2_work@3')],
    run: splitByExperts,
  },
};

async function splitByExperts(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Split by Experts', 3, async (ask) => {
    const { id: experts, experts: each, model } = await pickExperts(ask, polymath, given);
    const { id: dataset, documents } = await pickDataset(ask, polymath);
    return askRun(ask, polymath, {
      kind: splitKind,
      subjects: { dataset, method: 'em', experts, model, k: each.length },
      begin: { keep: true },
      // What a split begins with is decided.
      without: ['experts', 'model', 'from'],
      start: `Give ${formatNumber(documents.train, 'Document')} to ${formatNumber(each.length, 'Expert')}`,
    });
  });
  await begin(polymath, spec);
}
