import { Argument, type Command } from 'commander';
import { formatBytes } from '../../base/bytes';
import { devices } from '../../base/device';
import { deviceCheck, probeDevice } from '../../server/doctor';
import { checkLine } from '../checks';
import { type CommandContext, writeJson } from '../context';

interface Options {
  readonly json?: boolean;
}

export function addDevices(program: Command, context: CommandContext): void {
  const group = program
    .command('devices')
    .description('Where models can compute on this machine; the files that CUDA needs.');
  group
    .command('list', { isDefault: true })
    .description('Try each device, and tell what it is or why it is not there.')
    .option('--json', 'print the devices as JSON')
    .action((options: Options) => list(options, context));
  const files = (usage: string, description: string): Command =>
    group
      .command(usage)
      .description(description)
      .addArgument(new Argument('<device>', 'whose files').choices(['cuda']))
      .option('--json', 'print the result as JSON');
  files('fetch', "Download the files with which ONNX Runtime computes on NVIDIA's GPUs (Linux x64).").action(
    (_: string, options: Options) => fetch(options, context),
  );
  files('remove', 'Remove what was downloaded.').action((_: string, options: Options) => remove(options, context));
}

async function list({ json }: Options, context: CommandContext): Promise<void> {
  const probed = [];
  for (const device of devices) {
    context.signal.throwIfAborted();
    const found = await probeDevice(device);
    probed.push(found);
    if (json !== true) context.out.write(checkLine({ ...deviceCheck(found), name: device }, 8));
  }
  if (json === true) writeJson(context, probed);
}

async function fetch({ json }: Options, context: CommandContext): Promise<void> {
  const { progress, signal } = context;
  const { fetchCuda } = await import('../../model-files/packages/cuda');
  const tell = (line: string): void => progress.print(line);
  const fetched = await fetchCuda({ report: (report) => progress.report(report), tell, signal });
  progress.finish();
  if (json === true) return writeJson(context, fetched);
  context.out.write(
    fetched.downloaded === 0 ? 'The files of CUDA are here already.\n' : `The files are in ${fetched.folder}\n`,
  );
  const cuda = await probeDevice('cuda');
  context.out.write(checkLine({ ...deviceCheck(cuda), name: 'cuda' }, 8));
}

async function remove({ json }: Options, context: CommandContext): Promise<void> {
  const { removeCuda } = await import('../../model-files/packages/cuda');
  const bytes = await removeCuda();
  if (json === true) writeJson(context, { bytes });
  else context.out.write(`The files of CUDA are removed: ${formatBytes(bytes)} are free again.\n`);
}
