/** Looks up the files of a Python package in a "simple" index, in its JSON form (PEP 691) or as a page (PEP 503). */
import { z } from 'zod';
import type { Response } from 'undici';
import { UserError } from '../../base/errors';
import { passingStatus, TransferError } from '../hub/errors';
import { type Http, readText } from '../hub/http';
import type { IndexSettings } from './settings';

export interface PackageFile {
  readonly filename: string;
  readonly version: string;
  readonly url: string;
  readonly sha256: string;
  /** Bytes; pages do not tell it. */
  readonly size?: number;
}

const largestListing = 32 * 2 ** 20;
const jsonType = 'application/vnd.pypi.simple.v1+json';
const hash = /^[0-9a-f]{64}$/;

const listing = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.object({ sha256: z.string().regex(hash).optional() }),
      size: z.int().nonnegative().optional(),
      yanked: z.union([z.boolean(), z.string()]).optional(),
    }),
  ),
});

/**
 * The newest wheel of a package that is `wanted`, with the hash that the index states. Throws UserError where the index has none.
 */
export async function findWheel(
  http: Http,
  { url, headers }: IndexSettings,
  name: string,
  signal: AbortSignal,
  wanted: (file: PackageFile) => boolean = () => true,
): Promise<PackageFile> {
  const accept = `${jsonType}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1`;
  const files = await http.persist(async () => {
    const response = await http.get(`${url}/${name}/`, { headers: { ...headers, accept }, signal });
    const text = await readText(response, largestListing, signal);
    const passing = passingStatus(response);
    if (passing !== undefined) throw passing;
    if (!response.ok) throw indexRefusal(response, name);
    return response.headers.get('content-type')?.includes('json') === true
      ? fromJson(text, response.url)
      : fromPage(text, response.url);
  }, signal);
  const [newest] = files
    .filter((file) => file.filename.endsWith('.whl') && wanted(file))
    .sort((a, b) => compareVersions(b.version, a.version));
  if (newest !== undefined) return newest;
  throw new UserError(
    `The index ${url} has no wheel of ${name} with a SHA-256.`,
    'Name another index in PIP_INDEX_URL.',
  );
}

/** The bytes of a file whose size the index does not tell. */
export async function fileSize(
  http: Http,
  { url: index, headers }: IndexSettings,
  { url, filename }: PackageFile,
  signal: AbortSignal,
): Promise<number> {
  const own = new URL(url).origin === new URL(index).origin ? headers : {};
  return http.persist(async () => {
    const response = await http.get(url, { headers: own, signal });
    // Only the headers are wanted.
    await response.body?.cancel();
    const passing = passingStatus(response);
    if (passing !== undefined) throw passing;
    const size = Number(response.headers.get('content-length'));
    if (response.ok && size > 0) return size;
    throw indexRefusal(response, filename);
  }, signal);
}

export function indexRefusal({ status, url }: Pick<Response, 'status' | 'url'>, name: string): UserError {
  return new UserError(
    `The package index answered ${status} when asked for ${name} (${new URL(url).host}).`,
    'Check PIP_INDEX_URL, and user and password in it.',
  );
}

function fromJson(text: string, base: string): PackageFile[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const parsed = listing.safeParse(json);
  if (!parsed.success) {
    throw new TransferError(`${base} is no listing of a package.`, 'Check PIP_INDEX_URL.', { passing: false });
  }
  return parsed.data.files.flatMap(({ filename, url, hashes: { sha256 }, size, yanked }) => {
    const withdrawn = yanked !== undefined && yanked !== false;
    if (withdrawn || sha256 === undefined) return [];
    return toFile({ filename, url: new URL(url, base).href, sha256, ...(size === undefined ? {} : { size }) });
  });
}

/** Reads the links of a page: `<a href="…#sha256=…">name</a>`. */
function fromPage(text: string, base: string): PackageFile[] {
  return [...text.matchAll(/<a\s([^>]*)>\s*([^<]+?)\s*<\/a>/gi)].flatMap(([, attributes, filename]) => {
    const href = /href\s*=\s*["']([^"']+)["']/i.exec(attributes)?.[1].replaceAll('&amp;', '&');
    if (href === undefined || /data-yanked/i.test(attributes)) return [];
    const url = new URL(href, base);
    const sha256 = /^#sha256=([0-9a-f]{64})$/.exec(url.hash)?.[1];
    url.hash = '';
    return sha256 === undefined ? [] : toFile({ filename, url: url.href, sha256 });
  });
}

/** Releases only: a version with letters is one to try. */
function toFile(file: Omit<PackageFile, 'version'>): PackageFile[] {
  const version = /^[\w.]+-(\d+(?:\.\d+)*)-[\w.-]+\.whl$/.exec(file.filename)?.[1];
  return version === undefined ? [] : [{ ...file, version }];
}

function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(x.length, y.length); i++)
    if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) - (y[i] ?? 0);
  return 0;
}
