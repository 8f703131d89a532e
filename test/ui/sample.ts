import type { Connection } from '../../backend/rpc/client/connection';
import { resultOf } from '../support/project';
import { newClient } from './pages';
import type { Workbench } from './workbench';

export interface Sample {
  readonly dataset: string;
  readonly clustering: string;
  /** Another client of the window's backend. */
  readonly client: Connection;
}

/** The sample corpus, imported by a click as a person does it, and split into four piles by words. */
export async function splitSample(workbench: Workbench): Promise<Sample> {
  await workbench.openViews();
  const runs = workbench.view('Runs');
  await runs.getByRole('button', { name: 'Import Sample Corpus' }).click();
  await runs.getByRole('treeitem', { name: /Import sample corpus, done in/ }).waitFor();
  const client = await newClient(workbench);
  const [{ id: dataset }] = (await client.call('datasets/list', {})).items;
  const clustering = await resultOf(client, { kind: 'split', dataset, method: 'unigram', k: 4, name: 'By words' });
  return { dataset, clustering, client };
}
