import type { Command } from 'commander';
import { devices } from '../../protocol/device';
import { deviceCheck, probeDevice } from '../../server/doctor';
import { checkLine } from '../checks';
import { type Context, writeJson } from '../context';

interface Options {
  readonly json?: boolean;
}

export function addDevices(program: Command, context: Context): void {
  program
    .command('devices')
    .description('Where models can compute on this machine, and what mends what is missing.')
    .command('list', { isDefault: true })
    .description('Try each device, and tell what it is or why it is not there.')
    .option('--json', 'print the devices as JSON')
    .action((options: Options) => list(options, context));
}

async function list({ json }: Options, context: Context): Promise<void> {
  const probed = [];
  for (const device of devices) {
    context.signal.throwIfAborted();
    const found = await probeDevice(device);
    probed.push(found);
    if (json !== true) context.out.write(checkLine({ ...deviceCheck(found), name: device }, 8));
  }
  if (json === true) writeJson(context, probed);
}
