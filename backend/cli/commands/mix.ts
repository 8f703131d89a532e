import type { Command } from 'commander';
import { runDefaults } from '../../protocol/defaults';
import type { DeviceChoice } from '../../base/device';
import { mixSpec } from '../../protocol/run';
import { type Context, type ProjectOptions, startRun, withBackend, writeJson } from '../context';
import { newestExperts, newestMixer } from '../newest';
import { tellEstimate } from '../estimate';
import { deviceOption, integer } from '../options';

interface Options extends ProjectOptions {
  readonly experts?: string;
  readonly seed: number;
  readonly device?: DeviceChoice;
  readonly estimate?: boolean;
}

export function addMix(program: Command, context: Context): void {
  program
    .command('mix')
    .description("Train the mixer that weighs the project's experts token by token.")
    .option('--experts <id>', 'set of experts; the newest by default')
    .option('--seed <number>', 'seed', integer, runDefaults.seed)
    .addOption(deviceOption())
    .option('--estimate', 'tell what it would take, and do nothing')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: Context): Promise<void> {
  await withBackend(options, false, async (backend) => {
    const experts = await newestExperts(backend, options.experts);
    const { seed, device } = options;
    const spec = mixSpec.parse({ kind: 'mix', experts: experts.id, seed, device });
    if (options.estimate === true) return tellEstimate(backend, spec, options.json === true, context);
    await startRun(backend, spec, context);
    const mixer = await newestMixer(backend, experts.id);
    context.progress.finish();
    if (options.json === true) return writeJson(context, mixer);
    const kind = mixer.smoothing === 'token' ? 'each token' : 'the mean over the prefix';
    const temperature = mixer.temperature.toFixed(2);
    context.out.write(`Mixer of ${experts.experts.length} experts, weights from ${kind}, temperature ${temperature}; `);
    context.out.write(`${mixer.validationNll.toFixed(3)} nats per token on validation.\n`);
    context.out.write('Next: polymath ask "Once upon a time"\n');
  });
}
