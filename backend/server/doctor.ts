import { execFile } from 'node:child_process';
import { readdir, stat, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Check } from '../protocol/messages';
import { bundledModel, packageFolder, program } from '../protocol/package-folder';
import { exists } from '../protocol/files';

const mebibyte = 2 ** 20;
const oldestNode = [20, 19] as const;

/** What this machine and installation have, and what to do where something is missing. */
export async function environmentChecks(folder: string): Promise<Check[]> {
  return [
    checkNode(),
    await checkRuntime(),
    await checkModel(),
    await checkPrograms(),
    await checkDisk(folder),
    checkMemory(),
  ];
}

function check(name: string, ok: boolean, found: string, next: string): Check {
  return { name, ok, found, next: ok ? '' : next };
}

function checkNode(): Check {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const ok = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return check('Node.js', ok, process.versions.node, `Install Node.js ${oldestNode.join('.')} or later.`);
}

/** In a process of its own: the coordinator never loads the runtime. */
async function checkRuntime(): Promise<Check> {
  const script = `const { listSupportedBackends } = await import('onnxruntime-node');
    console.log(listSupportedBackends().map(({ name }) => name).join(', '));`;
  const next = 'Run `npm ci` again on this machine: the package holds native files for each platform.';
  try {
    // Without reports to its makers, see `tensor/load-runtime.ts`.
    const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
    const options = { cwd: await packageFolder(), timeout: 20_000, env };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], options);
    return check('ONNX Runtime', true, `devices: ${stdout.trim()}; ${availableParallelism()} cores`, next);
  } catch (error) {
    // The message itself only repeats the command.
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    return check('ONNX Runtime', false, /^.*Error.*$/m.exec(said)?.[0] ?? 'it cannot be loaded', next);
  }
}

async function checkModel(): Promise<Check> {
  const folder = await bundledModel();
  const size = await stat(join(folder, 'model.safetensors')).then(
    (info) => info.size,
    () => 0,
  );
  return check('Bundled model', size > 0, `${folder}, ${(size / mebibyte).toFixed(1)} MiB`, 'Install Polymath again.');
}

async function checkPrograms(): Promise<Check> {
  const names = ['backend/runs/work/runner', 'backend/runs/work/worker', 'backend/runs/work/inference'];
  const missing: string[] = [];
  for (const name of names) if (!(await exists(await program(name)))) missing.push(name);
  const found = missing.length === 0 ? 'all built' : `missing: ${missing.join(', ')}`;
  return check('Programs', missing.length === 0, found, 'Run `npm run build`.');
}

async function checkDisk(folder: string): Promise<Check> {
  const place = (await exists(folder)) ? folder : process.cwd();
  const { bavail, bsize } = await statfs(place);
  const free = (bavail * bsize) / mebibyte;
  return check('Free space', free > 1024, `${(free / 1024).toFixed(1)} GiB at ${place}`, 'Free at least 1 GiB there.');
}

function checkMemory(): Check {
  const [free, total] = [freemem() / mebibyte / 1024, totalmem() / mebibyte / 1024];
  const found = `${free.toFixed(1)} of ${total.toFixed(1)} GiB free`;
  return check('Memory', free > 1, found, 'Close other programs before long runs.');
}

/** Bytes below a folder; 0 where it is not there. */
export async function folderBytes(folder: string): Promise<number> {
  let total = 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    total += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return total;
}
