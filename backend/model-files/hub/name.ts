/** Names of models on the hub. */
import { isAbsolute } from 'node:path';
import { UserError } from '../../base/errors';

/** What of the hub is meant. */
export interface HubName {
  /** `org/name`. */
  readonly id: string;
  /** A branch, a tag or a commit; "main" where none is given. */
  readonly revision: string;
  /** A GGUF file in the repository by its path, or by its quantisation: "Q4_K_M". */
  readonly gguf?: string;
}

const part = String.raw`[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?`;
const pattern = new RegExp(
  `^(?:hf://|(?:https://)?(?:hf\\.co|huggingface\\.co)/)?(${part}/${part})(?:@([^:@\\s]+?))?(?::([^:@\\s]+)|/([^:@\\s]+\\.gguf))?$`,
  'i',
);

/**
 * Reads `org/name`, `org/name@revision`, `org/name:Q4_K_M` (as Ollama and llama.cpp write it), `org/name:file.gguf` and
 * `org/name/folder/file.gguf`, also with `hf.co/` or `hf://` before it. Undefined for everything else.
 */
export function parseHubName(text: string): HubName | undefined {
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const [, id, revision = 'main', tag, file] = found;
  if (id.includes('--') || id.includes('..') || !isPlainPath(revision)) return undefined;
  const gguf = tag ?? file;
  if (gguf !== undefined && !isPlainPath(gguf)) return undefined;
  return { id, revision, ...(gguf === undefined ? {} : { gguf }) };
}

/** The name as a user would write it. */
export function formatHubName({ id, revision, gguf }: HubName): string {
  return `${id}${revision === 'main' ? '' : `@${revision}`}${gguf === undefined ? '' : `:${gguf}`}`;
}

/** Whether the name of a model can only be a path. */
export function isPath(name: string): boolean {
  return isAbsolute(name) || /^\.{1,2}([/\\]|$)|\\/.test(name);
}

/** Whether a relative path stays in its folder on every platform. */
export function isPlainPath(path: string): boolean {
  return path.split('/').every((name) => !/^$|^\.{1,2}$|[\\:*?"<>|\p{Cc}]|[. ]$/u.test(name));
}

/** Throws UserError for a path that would leave the folder it belongs to. */
export function requirePlainPath(path: string, id: string): void {
  if (isPlainPath(path)) return;
  throw new UserError(
    `${id} lists a file whose name is no plain path: ${JSON.stringify(path.slice(0, 200))}.`,
    'Do not use this repository: such a name could write outside of the cache.',
  );
}
