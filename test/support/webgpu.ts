import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian's chromium package puts a Vulkan driver that computes on the processor, and Vulkan's loader. */
const chromium = '/usr/lib/chromium';
const driver = join(chromium, 'vk_swiftshader_icd.json');

/** Why tests on WebGPU cannot run here; undefined where they can. With `POLYMATH_TEST_WEBGPU=system` the machine's own GPU is used. */
export const noWebgpu =
  process.env.POLYMATH_TEST_WEBGPU === 'system' || existsSync(driver)
    ? undefined
    : `skipped: no software Vulkan driver; Debian's chromium package brings one to ${driver}`;

/** The environment in which a process finds the driver that computes on the processor. */
export const softwareDriver = (): Record<string, string> => ({ VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium });

export interface WebgpuRun {
  /** Full titles. */
  readonly passed: readonly string[];
  /** Full titles, each with what went wrong. */
  readonly failed: readonly string[];
  /** Kernels that ran: the provider's name, the operator, and the types that it was given and gave. */
  readonly kernels: readonly Kernel[];
}

export interface Kernel {
  readonly provider: string;
  readonly op: string;
  readonly types: readonly string[];
}

interface MochaReport {
  readonly passes: readonly { readonly fullTitle: string }[];
  readonly failures: readonly { readonly fullTitle: string; readonly err: { readonly message: string } }[];
}

/**
 * Runs built test files once more with WebGPU as their device, in a process of their own: a mistake there ends the process, and
 * the driver is chosen by variables that the process must begin with.
 */
export async function runOnWebgpu(files: readonly string[], titles: RegExp): Promise<WebgpuRun> {
  const folder = await mkdtemp(join(tmpdir(), 'polymath-webgpu-'));
  const report = join(folder, 'report');
  const reporter = ['--reporter', 'json', '--reporter-option', `output=${report}`];
  const mocha = join('node_modules', 'mocha', 'bin', 'mocha.js');
  const software =
    process.env.POLYMATH_TEST_WEBGPU === 'system' ? {} : { ...softwareDriver(), XDG_RUNTIME_DIR: folder };
  const env = {
    ...process.env,
    ...software,
    POLYMATH_TEST_DEVICE: 'webgpu',
    POLYMATH_PROFILE: join(folder, 'profile'),
  };
  try {
    const said = await new Promise<string>((resolve) => {
      const given = [
        mocha,
        '--grep',
        titles.source,
        ...reporter,
        ...files.map((file) => join('dist', 'test', `${file}.test.js`)),
      ];
      execFile(process.execPath, given, { env }, (_, stdout, stderr) => resolve(stdout + stderr));
    });
    const text = await readFile(report, 'utf8').catch(() => {
      throw new Error(`the tests on WebGPU ended early: ${said.slice(-2000)}`);
    });
    const { passes, failures } = JSON.parse(text) as MochaReport;
    return {
      passed: passes.map(({ fullTitle }) => fullTitle),
      failed: failures.map(({ fullTitle, err }) => `${fullTitle}: ${err.message}`),
      kernels: await kernelsOf(folder),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

async function kernelsOf(folder: string): Promise<Kernel[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('profile'));
  const kernels: Kernel[] = [];
  for (const name of names) {
    const events = JSON.parse(await readFile(join(folder, name), 'utf8')) as ProfileEvent[];
    for (const { cat, name: what, args = {} } of events) {
      if (cat !== 'Node' || !what.endsWith('_kernel_time')) continue;
      const types = [args.input_type_shape, args.output_type_shape].flatMap((list) => (list ?? []) as object[]);
      kernels.push({
        provider: String(args.provider),
        op: String(args.op_name),
        types: types.flatMap((type) => Object.keys(type)),
      });
    }
  }
  return kernels;
}
