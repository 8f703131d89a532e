/** What a command works on: what the user names by its id, else the newest of its kind. */
import { UserError } from '../base/errors';
import { wordsOf } from '../base/settings';
import type { Backend } from '../protocol/messages';
import type { Clustering, ExpertSet, Mixer } from '../protocol/records';

export async function newestClustering(backend: Backend, id: unknown): Promise<Clustering> {
  const named = wordsOf(id);
  if (named !== undefined) return backend.call('clusterings/get', { clustering: named });
  const [newest] = (await backend.call('clusterings/list', { limit: 1 })).items;
  if (newest !== undefined) return newest;
  throw new UserError('No corpus has been split in this project.', 'Run `polymath split FILE.jsonl --k N` first.');
}

export async function newestExperts(backend: Backend, id: unknown): Promise<ExpertSet> {
  const named = wordsOf(id);
  if (named !== undefined) return backend.call('experts/get', { experts: named });
  const [newest] = (await backend.call('experts/list', { limit: 1 })).items;
  if (newest !== undefined) return newest;
  throw new UserError(
    'No experts have been trained in this project.',
    'Run `polymath train` first, or `polymath experts import`.',
  );
}

export async function newestMixer(backend: Backend, experts: string): Promise<Mixer> {
  const [newest] = (await backend.call('mixers/list', { limit: 1, experts })).items;
  if (newest !== undefined) return newest;
  throw new UserError('The experts of this project have no mixer.', 'Run `polymath mix` first.');
}
