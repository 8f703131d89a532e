import type { RunRecord } from '../../backend/protocol/run';
import { chooseRun, hasCurves } from '../pages/runs';
import type { Polymath } from '../polymath';
import { pickSplit } from './pick';
import { chosenRows } from './selection';
import type { CommandTable } from './table';

/** Each opens a page of webview/, or shows something else in the one that is open. */
export const pageCommands: CommandTable = {
  'polymath.pages.map': { needs: 'backend', run: map },
  'polymath.pages.tokens': { needs: 'backend', run: tokens },
  'polymath.pages.training': { needs: 'backend', run: training },
};

/** Of the split whose row it is; from the palette of one that is chosen. */
async function map(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const { id } = await polymath.dialogs.run('Map', 1, (ask) => pickSplit(ask, polymath, given));
  await polymath.pages.show('map', id);
}

async function tokens({ pages }: Polymath): Promise<void> {
  await pages.show('tokens', {});
}

/** The curves of the selected runs; from the palette of one that is chosen. */
async function training(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const rows = chosenRows<RunRecord>(given).map(({ value }) => value);
  const chosen = rows.filter(hasCurves);
  const runs = chosen.length > 0 ? chosen : [await chooseRun(polymath, 'show')];
  const ids = runs.flatMap((run) => (run === undefined ? [] : [run.id]));
  if (ids.length > 0) await polymath.pages.show('training', ids);
}
