/** What the hub says of a repository: its commit, and its files with their sizes and hashes. */
import { z } from 'zod';
import type { Response } from 'undici';
import { UserError } from '../../base/errors';
import type { ContentHash } from '../../base/content-hash';
import { passingStatus, TransferError } from './errors';
import { type Http, readText } from './http';
import { type HubName, requirePlainPath } from './name';
import type { HubSettings } from './settings';

export interface RemoteFile {
  /** Path in the repository. */
  readonly path: string;
  readonly size: number;
  readonly hash: ContentHash;
}

export interface RepositoryListing {
  readonly id: string;
  readonly commit: string;
  readonly files: readonly RemoteFile[];
  /** What its authors say that it is for, such as 'text-generation'. */
  readonly task?: string;
}

// The largest repositories have some ten thousand files of about 300 bytes each.
const largestListing = 32 * 2 ** 20;

const sha1 = z.string().regex(/^[0-9a-f]{40}$/);
const size = z.int().nonnegative();

const modelInfo = z.object({
  sha: sha1,
  pipeline_tag: z.string().nullish(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: size.optional(),
      blobId: sha1.optional(),
      lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size }).nullish(),
    }),
  ),
});

/** Asks the hub. Throws UserError where the repository or the revision is not there, or may not be read. */
export async function listRepository(
  http: Http,
  settings: HubSettings,
  { id, revision }: HubName,
  signal: AbortSignal,
): Promise<RepositoryListing> {
  const url = `${settings.endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const text = await http.persist(async () => {
    const response = await http.get(url, { headers: authorization(settings), signal });
    const body = await readText(response, largestListing, signal);
    const passing = passingStatus(response);
    if (passing !== undefined) throw passing;
    if (!response.ok) throw refusal(response, settings, { id, revision });
    return body;
  }, signal);
  const info = modelInfo.safeParse(parsed(text));
  if (!info.success) {
    throw new TransferError(
      `${settings.endpoint} answered something that is no listing of a repository.`,
      'Check HF_ENDPOINT, and whether a proxy or a sign-in page of this network answers instead.',
      { passing: false },
    );
  }
  const { sha, siblings, pipeline_tag: task } = info.data;
  for (const { rfilename } of siblings) requirePlainPath(rfilename, id);
  return { id, commit: sha, files: siblings.flatMap(toFile), ...(task && { task }) };
}

function toFile({ rfilename, size: plain, blobId, lfs }: z.infer<typeof modelInfo>['siblings'][number]): RemoteFile[] {
  if (lfs) return [{ path: rfilename, size: lfs.size, hash: { algorithm: 'sha256', value: lfs.sha256 } }];
  // A file without size or hash cannot be checked: as good as not there.
  if (plain === undefined || blobId === undefined) return [];
  return [{ path: rfilename, size: plain, hash: { algorithm: 'git', value: blobId } }];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function authorization({ token }: HubSettings): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Why the hub does not give something. */
export function refusal(
  response: Response,
  { endpoint, token }: HubSettings,
  { id, revision }: Pick<HubName, 'id' | 'revision'>,
): UserError {
  const { status, headers } = response;
  const code = headers.get('x-error-code');
  const page = `${endpoint}/${id}`;
  if (code === 'GatedRepo') {
    return new UserError(
      `${id} is gated: its authors ask for consent first${token === undefined ? '' : ', and this token has not got it'}.`,
      `Accept the terms at ${page}, then set HF_TOKEN to a token of that account (${endpoint}/settings/tokens).`,
    );
  }
  if (code === 'RevisionNotFound') {
    return new UserError(`${id} has no revision ${revision}.`, `Look at ${page}/tree/main for its branches and tags.`);
  }
  if (code === 'EntryNotFound') {
    return new UserError(
      `${id} has lost a file that it lists.`,
      'Run the command again: it may have been changed just now.',
    );
  }
  // Without a token the hub does not tell a private repository from one that is not there.
  if (status === 404 || code === 'RepoNotFound' || (status === 401 && token === undefined)) {
    return new UserError(
      `There is no model ${id} at ${endpoint}${token === undefined ? ', or it is private' : ' that this token may read'}.`,
      token === undefined
        ? 'Check the name. For a private model set HF_TOKEN, or sign in with `hf auth login`.'
        : 'Check the name, and what the token in HF_TOKEN may read.',
    );
  }
  if (status === 401 || status === 403) {
    return new UserError(
      `${endpoint} refuses the token that was sent (${status}).`,
      `Set HF_TOKEN to a valid token: ${endpoint}/settings/tokens.`,
    );
  }
  return new UserError(`${endpoint} answered ${status} when asked for ${id}.`, `Look at ${page} in a browser.`);
}
