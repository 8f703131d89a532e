/** What a command works on: what the user names by its id, else the newest of its kind. */
import { UserError } from '../base/errors';
import { wordsOf } from '../base/settings';
import type { CouncilRecord } from '../protocol/councils';
import type { Backend } from '../protocol/messages';
import { idNamed } from './by-names';
import type { SplitRecord, ExpertSetRecord, MixerRecord } from '../protocol/records';

export async function newestSplit(backend: Backend, id: unknown): Promise<SplitRecord> {
  const named = wordsOf(id);
  if (named !== undefined) return backend.call('splits/get', { clustering: named });
  const [newest] = (await backend.call('splits/list', { limit: 1 })).items;
  if (newest !== undefined) return newest;
  throw new UserError('No corpus has been split in this project.', 'Run `polymath split FILE.jsonl --k N` first.');
}

export async function newestExperts(backend: Backend, id: unknown): Promise<ExpertSetRecord> {
  const named = wordsOf(id);
  if (named !== undefined) return backend.call('experts/get', { experts: named });
  const [newest] = (await backend.call('experts/list', { limit: 1 })).items;
  if (newest !== undefined) return newest;
  throw new UserError(
    'No experts have been trained in this project.',
    'Run `polymath train` first, or `polymath experts import`.',
  );
}

export async function newestMixer(backend: Backend, experts: string): Promise<MixerRecord> {
  const [newest] = (await backend.call('mixers/list', { limit: 1, experts })).items;
  if (newest !== undefined) return newest;
  throw new UserError('The experts of this project have no mixer.', 'Run `polymath mix` first.');
}

/** The id of a question set. */
export async function newestQuestions(backend: Backend, id: unknown): Promise<string> {
  const named = wordsOf(id);
  if (named !== undefined) return named;
  const [newest] = (await backend.call('questions/sets', { limit: 1 })).items;
  if (newest !== undefined) return newest.id;
  throw new UserError('There are no questions in this project.', 'Import some: polymath import --questions FILE.');
}

export async function newestCouncil(backend: Backend, named: unknown): Promise<CouncilRecord> {
  const { items } = await backend.call('councils/list', { limit: 1000 });
  const name = wordsOf(named);
  if (name !== undefined) {
    const id = await idNamed(backend, 'council', name);
    const found = items.find((council) => council.id === id);
    if (found !== undefined) return found;
    throw new UserError(`There is no council ${name}.`, 'See `polymath councils`.');
  }
  if (items.length > 0) return items[0];
  throw new UserError('There is no council in this project.', 'Draft one: polymath councils --draft NAME.');
}
