import { readdir, stat, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { deviceLabels, devices } from '../base/device';
import { exists } from '../base/files';
import type { Check } from '../protocol/messages';
import { bundledModel, program } from '../base/package-folder';
import { runtimeVersion } from '../base/provider-files';
import { probeDevice, type ProbedDevice } from '../engine/devices/device-probe';

const mebibyte = 2 ** 20;
const oldestNode = [20, 19] as const;

export { probeDevice };

/** What this machine and installation have, and what to do where something is missing. */
export async function environmentChecks(folder: string): Promise<Check[]> {
  return [
    checkNode(),
    ...(await checkDevices()),
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

/** The runtime, and each device: tried one after the other, because each is timed against the processor. */
async function checkDevices(): Promise<Check[]> {
  const checks: Check[] = [];
  for (const device of devices) checks.push(deviceCheck(await probeDevice(device)));
  return checks;
}

/** A device as a check; all but the processor may be absent. */
export function deviceCheck(probed: ProbedDevice): Check {
  const { device } = probed;
  const name = device === 'cpu' ? 'ONNX Runtime' : deviceLabels[device];
  const rest = device === 'cpu' ? {} : { optional: true as const };
  if (!probed.there) return { name, ok: false, found: probed.cause, next: probed.next, ...rest };
  if (device === 'cpu') return { name, ok: true, found: `${runtimeVersion()} on ${probed.found}`, next: '' };
  const { right, software, speed } = probed;
  const found = `${probed.found}; ${right ? '' : 'computes wrongly, '}${speed.toPrecision(2)} times the speed of the processor`;
  const ok = right && !software;
  return { name, ok, found, next: ok ? '' : "Install or update your GPU's driver.", ...rest };
}

async function checkModel(): Promise<Check> {
  const folder = await bundledModel();
  const size = await stat(join(folder, 'model.safetensors')).then(
    (info) => info.size,
    () => 0,
  );
  return check('Base model', size > 0, `${folder}, ${(size / mebibyte).toFixed(1)} MiB`, 'Install Polymath again.');
}

async function checkPrograms(): Promise<Check> {
  const names = ['runner', 'worker', 'inference', 'inquiry', 'device-probe'].map((name) => `backend/programs/${name}`);
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
