import { S3Tasks } from './s3-tasks';
import { TaskFolder } from './task-folder';
import type { TaskStore } from './task-store';

/** The store at an address: `s3://bucket/prefix`, or a folder, which machines may share. */
export function openTaskStore(address: string): TaskStore {
  return address.startsWith('s3://') ? new S3Tasks(address) : new TaskFolder(address);
}
