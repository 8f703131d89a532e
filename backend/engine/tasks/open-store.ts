import { TaskFolder } from './task-folder';
import type { TaskStore } from './task-store';

/** The store at an address: a folder, which machines may share. */
export function openTaskStore(address: string): TaskStore {
  return new TaskFolder(address);
}
