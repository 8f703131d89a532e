import { once } from 'node:events';
import type { Command } from 'commander';
import type { DeviceChoice } from '../../base/device';
import type { Precision } from '../../base/precision';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { deviceOption, integer, precisionOption } from '../options';

interface Options extends ProjectOptions {
  readonly port: number;
  readonly device?: DeviceChoice;
  readonly precision: Precision;
}

export function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description(
      'Offer mixtures, experts and councils to any program that speaks the OpenAI protocol, on this computer.',
    )
    .option('--port <number>', 'port; 0 takes one that is free', integer, 0)
    .addOption(deviceOption())
    .addOption(precisionOption())
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print address and key as JSON')
    .addHelpText('after', '\nThe key is made anew each time, unless POLYMATH_API_KEY holds one.')
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: CommandContext): Promise<void> {
  await withBackend(context, options, true, async (backend) => {
    const { port, device, precision } = options;
    const { url, key } = await backend.call('endpoint/start', { port, device, precision });
    const models = (await backend.call('models/list', {})).map(({ id }) => id);
    if (options.json === true) writeJson(context, { url, key, models });
    else {
      context.out.write(`Serving ${models.join(', ')}\n  base URL  ${url}\n  API key   ${key}\nCtrl-C ends it.\n`);
    }
    // The backend may be the editor's own: its endpoint is closed, the rest of it stays.
    await once(context.signal, 'abort');
    await backend.call('endpoint/stop', {});
    context.signal.throwIfAborted();
  });
}
