/** Looks for a device in a process of its own: a driver that ends or hangs its process must not take this one along. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { environment } from '../../base/environment';
import { formatBytes } from '../../base/bytes';
import { type Device, deviceLabels } from '../../base/device';
import { program } from '../../base/package-folder';
import { cudaFolder } from '../../base/provider-files';
import { type Cause, explainProbe, isSoftware } from './device-cause';

export type ProbedDevice =
  | {
      readonly device: Device;
      readonly there: true;
      /** What it is, for people. */
      readonly found: string;
      /** Whether its numbers agree with the processor's. */
      readonly right: boolean;
      /** Its speed over the processor's in a step of training. */
      readonly speed: number;
      /** A GPU in name only: its driver computes on the processor. */
      readonly software: boolean;
    }
  | ({ readonly device: Device; readonly there: false } & Cause);

const patience = 60_000;
const figures = z.object({ right: z.boolean(), speed: z.number() });

/** 8-bit products beside full ones: whether their numbers agree, and their speed over that of full ones, on this processor. */
export type ProductTrial = z.infer<typeof figures>;

/** Tries 8-bit products; undefined where that fails. */
export async function probeProducts(): Promise<ProductTrial | undefined> {
  return (await run(['cpu', 'products'], patience)).answer;
}

/**
 * What there is of a device, or why it is not there and what mends that; a driver that has not answered within so many
 * milliseconds is not waited for. Never throws for what a driver does.
 */
export async function probeDevice(device: Device, limit = patience): Promise<ProbedDevice> {
  const missing = known(device);
  if (missing !== undefined) return { device, there: false, ...missing };
  const { said, answer, ending } = await run([device], limit);
  if (answer === undefined) return { device, there: false, ...explainProbe(device, said, ending) };
  const software = device !== 'cpu' && isSoftware(said, environment());
  return { device, there: true, found: await describe(device, software), ...answer, software };
}

/** Why a device cannot be there, as far as that shows without a try. */
function known(device: Device): Cause | undefined {
  const { platform } = process;
  if (device === 'dml' && platform !== 'win32') return { cause: 'DirectML is a part of Windows', next: '' };
  if (device === 'coreml' && platform !== 'darwin') return { cause: 'Core ML is a part of macOS', next: '' };
  if (device !== 'cuda') return undefined;
  if (platform !== 'linux' || process.arch !== 'x64') {
    return { cause: 'ONNX Runtime has CUDA for Node on Linux x64 only', next: 'WebGPU computes on the same GPU.' };
  }
  // Windows' own driver stands for one in its Linux.
  const driver = ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg'].some((path) => existsSync(path));
  if (!driver) {
    return {
      cause: "no driver of NVIDIA's is loaded",
      next: 'On a machine with an NVIDIA GPU: install its driver; a container needs --gpus all.',
    };
  }
  if (existsSync(cudaFolder())) return undefined;
  return { cause: 'its provider files are not on this machine', next: 'Run `polymath devices fetch cuda`.' };
}

interface Said {
  /** Standard error. */
  readonly said: string;
  readonly answer: z.infer<typeof figures> | undefined;
  /** How it ended: its signal or exit code, or that it took too long. */
  readonly ending: string;
}

async function run(what: readonly string[], limit: number): Promise<Said> {
  const path = await program('backend/programs/device-probe');
  const options = { timeout: limit, killSignal: 'SIGKILL' as const, maxBuffer: 2 ** 24 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [path, ...what], options, (error, stdout, said) => {
      const late = error?.killed === true;
      const ending = late ? `no answer within ${limit / 1000} s` : (child.signalCode ?? `exit code ${child.exitCode}`);
      resolve({ said, answer: error === null ? figures.safeParse(parsed(stdout)).data : undefined, ending });
    });
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

async function describe(device: Device, software: boolean): Promise<string> {
  if (device === 'cpu') {
    const model = cpus()[0]?.model.trim() ?? process.arch;
    return `${model}, ${availableParallelism()} threads, ${formatBytes(totalmem())}`;
  }
  if (software) return `${deviceLabels[device]} through a driver that computes on the processor`;
  const gpus = await gpuNames();
  return gpus.length === 0 ? `${deviceLabels[device]} on this machine's GPU` : gpus.join('; ');
}

/** Names and memory of GPUs, where the system tells them. */
async function gpuNames(): Promise<string[]> {
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader'];
  const nvidia = await new Promise<string>((resolve) =>
    execFile('nvidia-smi', query, { timeout: 5000 }, (error, stdout) => resolve(error === null ? stdout : '')),
  );
  return [...nvidia.split('\n').filter((line) => line.trim() !== ''), ...(await kernelGpus())];
}

/** GPUs whose driver in Linux tells their memory. */
async function kernelGpus(): Promise<string[]> {
  const root = '/sys/class/drm';
  const cards = (await readdir(root).catch(() => [])).filter((name) => /^card\d+$/.test(name));
  const found: string[] = [];
  for (const card of cards) {
    const [driver, memory] = await Promise.all(
      ['uevent', 'mem_info_vram_total'].map((file) =>
        readFile(join(root, card, 'device', file), 'utf8').catch(() => ''),
      ),
    );
    const name = /^DRIVER=(.+)$/m.exec(driver)?.[1];
    if (name !== undefined && name !== 'nvidia') {
      found.push(memory === '' ? `GPU (${name})` : `GPU (${name}), ${formatBytes(Number(memory))}`);
    }
  }
  return found;
}
