/** Which runs have curves, and how one is chosen. */
import * as vscode from 'vscode';
import { type KindTable, runKinds } from '../../backend/kinds/specs';
import type { RunRecord } from '../../backend/protocol/run';
import type { BackendClient } from '../backend/client';
import { MissingStep } from '../errors/missing';
import { steps } from '../steps';
import { hasStages, stagesOf } from './stages';
import { pickText, runTitle } from './text';

export const hasCurves = ({ spec }: RunRecord, kinds: KindTable = runKinds): boolean =>
  Object.hasOwn(kinds, spec.kind) && kinds[spec.kind].curves === true;

/** What a run is looked at by: its evaluation, its curves, else its log. */
export function opensAs(run: RunRecord): 'evaluation' | 'curves' | 'log' {
  if (run.result?.startsWith('eval-') === true) return 'evaluation';
  return hasCurves(run) ? 'curves' : 'log';
}

/** Throws MissingStep where there is none; undefined where the person wants none. */
export async function chooseRun(
  client: BackendClient,
  verb: 'show' | 'compare',
  fits: (run: string) => boolean = () => true,
): Promise<RunRecord | undefined> {
  const { items } = await client.call('runs/list', { limit: 1000 });
  const all = await Promise.all(items.map(async (run) => (hasStages(run) ? stagesOf(client, run.id) : [run])));
  const runs = all.flat().filter((run) => hasCurves(run) && fits(run.id));
  if (runs.length === 0) {
    throw new MissingStep(
      verb === 'show' ? 'No run of this project has curves yet.' : 'There is no other run with curves.',
      'Split a dataset, or train experts on its piles.',
      [steps.split, steps.train],
    );
  }
  const picks = runs.map((run) => ({ label: runTitle(run), description: pickText(run), detail: run.id, run }));
  const title = verb === 'show' ? 'Show the curves of' : 'Compare with';
  return (await vscode.window.showQuickPick(picks, { title, matchOnDetail: true }))?.run;
}
