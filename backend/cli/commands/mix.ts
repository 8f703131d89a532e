import type { Command } from 'commander';
import type { Raw } from '../../base/settings';
import { mixKind } from '../../kinds/mix/spec';
import { type Context, withBackend, writeJson } from '../context';
import { newestExperts, newestMixer } from '../newest';
import { addRunFlags, runOrEstimate, type RunOptions } from '../run-command';
import { toldSettings } from '../settings-flags';

export function addMix(program: Command, context: Context): void {
  const command = program
    .command('mix')
    .description("Train the mixer that weighs the project's experts token by token.");
  addRunFlags(command, mixKind, mixKind.settings).action(async (options: RunOptions) =>
    run(await toldSettings(command, mixKind.settings), options, context),
  );
}

async function run(told: Raw, options: RunOptions, context: Context): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const experts = await newestExperts(backend, told.experts);
    const record = await runOrEstimate(backend, { ...told, kind: 'mix', experts: experts.id }, options, context);
    if (record === undefined) return;
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
