import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { place } from '../protocol/messages';
import { isSystemError, writeWhole } from '../base/files';

/** How a client finds the backend that has a project open. The token is as good as the project: only its owner may read it. */
const attachment = z.strictObject({
  ...place.shape,
  pid: z.int(),
  port: z.int().min(1).max(65_535),
  token: z.string(),
  protocol: z.int(),
  version: z.string(),
});
export type Attachment = z.infer<typeof attachment>;

const pathOf = (folder: string): string => join(folder, 'backend.json');

export async function writeAttachment(given: Attachment): Promise<void> {
  await writeWhole(pathOf(given.folder), `${JSON.stringify(given)}\n`, 0o600);
}

/** Undefined where no backend has left one, or what is there is no attachment. Whether that backend lives is another question. */
export async function readAttachment(folder: string): Promise<Attachment | undefined> {
  try {
    return attachment.parse(JSON.parse(await readFile(pathOf(folder), 'utf8')));
  } catch (error) {
    if (isSystemError(error, 'EACCES', 'EPERM')) throw error;
    return undefined;
  }
}

/** Takes the attachment away, unless another backend has written its own since. */
export async function removeAttachment(folder: string, token: string): Promise<void> {
  const there = await readAttachment(folder);
  if (there?.token === token) await rm(pathOf(folder), { force: true });
}
