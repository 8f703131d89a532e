/** Which Node runs the backend. Knows nothing of the editor: whoever asks says what is there. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../backend/base/errors';

const oldest = [20, 19] as const;
const probeMilliseconds = 5_000;

export interface NodeProgram {
  readonly path: string;
  readonly version: string;
  readonly from: 'setting' | 'PATH' | 'editor';
  /** Set on top of the backend's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Why it may not do well; absent where all is well. */
  readonly warning?: string;
}

export interface Surroundings {
  /** `polymath.backend.nodePath`, empty where the user left it so. */
  readonly setting: string;
  readonly searchPath: string;
  /** The program that runs the extension. */
  readonly editor: { readonly path: string; readonly isElectron: boolean };
  readonly platform: NodeJS.Platform;
  /** The version that a program says it has, undefined where it says none. */
  readonly versionOf?: (path: string, env?: Readonly<Record<string, string>>) => Promise<string | undefined>;
}

/**
 * The Node of the setting; else the first on PATH that is new enough; else the editor's own program, which is Node too, with a
 * warning where it is Electron: ONNX Runtime can crash on its allocator. Throws UserError where the setting names no Node, an old
 * one, or there is none at all.
 */
export async function findNode(surroundings: Surroundings): Promise<NodeProgram> {
  const { setting, editor, versionOf = probe } = surroundings;
  if (setting !== '') return fromSetting(setting, versionOf);
  const old: string[] = [];
  for (const path of await onPath(surroundings)) {
    const version = await versionOf(path);
    if (version !== undefined && isNewEnough(version)) return { path, version, from: 'PATH', env: {} };
    if (version !== undefined) old.push(`${path} is ${version}`);
  }
  const env: Record<string, string> = editor.isElectron ? { ELECTRON_RUN_AS_NODE: '1' } : {};
  const version = await versionOf(editor.path, env);
  if (version === undefined || !isNewEnough(version)) throw noNode(old);
  const found = { path: editor.path, version, from: 'editor', env } as const;
  if (!editor.isElectron) return found;
  const why = old.length === 0 ? 'No Node.js was found on PATH' : `Too old: ${old.join(', ')}`;
  return {
    ...found,
    warning: `${why}. The backend runs on the editor's own program, in which ONNX Runtime can crash. ${install}`,
  };
}

const install = `Install Node.js ${oldest.join('.')} or later, or name one in polymath.backend.nodePath.`;

async function fromSetting(path: string, versionOf: NonNullable<Surroundings['versionOf']>): Promise<NodeProgram> {
  if (!isAbsolute(path)) {
    throw new UserError(`The setting polymath.backend.nodePath is no absolute path: ${path}.`, 'Give the whole path.');
  }
  const version = await versionOf(path);
  if (version === undefined) {
    throw new UserError(
      `The setting polymath.backend.nodePath names ${path}, which does not run as Node.js.`,
      'Correct the setting, or empty it: then Node.js is looked for on PATH.',
    );
  }
  if (!isNewEnough(version)) {
    throw new UserError(`${path}, named by polymath.backend.nodePath, is Node.js ${version}.`, install);
  }
  return { path, version, from: 'setting', env: {} };
}

async function onPath({ searchPath, platform }: Surroundings): Promise<string[]> {
  const name = platform === 'win32' ? 'node.exe' : 'node';
  const found: string[] = [];
  // A relative entry would find whatever the open folder brings.
  for (const folder of searchPath.split(delimiter).filter(isAbsolute)) {
    const path = join(folder, name);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) found.push(path);
  }
  return found;
}

async function probe(path: string, env: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  try {
    const options = { timeout: probeMilliseconds, env: { ...process.env, ...env }, windowsHide: true };
    const { stdout } = await promisify(execFile)(path, ['-p', 'process.versions.node'], options);
    return /^\d+\.\d+\.\d+\S*$/.test(stdout.trim()) ? stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}

function isNewEnough(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

function noNode(old: readonly string[]): UserError {
  const found = old.length === 0 ? '' : ` (${old.join(', ')})`;
  return new UserError(`No Node.js was found that can run the backend${found}.`, install);
}
