import { createHash } from 'node:crypto';
import { putFolder } from '../artifacts/folders';
import type { TaskStore } from '../tasks/task-store';

/** The artifact of a model's folder; it is put there where nobody has done so before. */
export async function putModel(store: TaskStore, sha256: string, folder: string): Promise<string> {
  const key = createHash('sha256').update(`model ${sha256}`).digest('hex');
  const known = await store.result(key);
  if (known !== undefined && (await store.artifacts.has(known))) return known;
  const made = await putFolder(store.artifacts, folder);
  await store.keepResult(key, made);
  return made;
}
