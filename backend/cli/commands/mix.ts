import { formatNumber } from '../../base/format';
import type { Command } from 'commander';
import { flagOf, type Raw } from '../../base/settings';
import type { MixerRecord } from '../../protocol/records';
import { type CommandContext, withBackend, writeJson } from '../context';
import { newestExperts, newestMixer } from '../newest';
import { addRunFlags, runOrEstimate, type RunOptions } from '../run-command';
import { toldSettings } from '../settings-flags';

export function addMix(program: Command, context: CommandContext): void {
  const command = program
    .command('mix')
    .description("Train the mixer that weighs the project's experts token by token.");
  const { mix } = context.kinds;
  addRunFlags(command, mix, mix.settings).action(async (options: RunOptions) =>
    run(await toldSettings(command, mix.settings), options, context),
  );
}

async function run(told: Raw, options: RunOptions, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const experts = await newestExperts(backend, told.experts);
    const record = await runOrEstimate(backend, { ...told, kind: 'mix', experts: experts.id }, options, context);
    if (record === undefined) return;
    const mixer = await newestMixer(backend, experts.id);
    context.progress.finish();
    if (options.json === true) return writeJson(context, mixer);
    const loss = `${mixer.validationNll.toFixed(3)} nats per token on validation`;
    context.out.write(
      `Mixer of ${formatNumber(experts.experts.length, 'expert')}, ${describeMixer(mixer, context)}; ${loss}.\n`,
    );
    context.out.write('Next: polymath ask "Once upon a time"\n');
  });
}

function describeMixer(
  { weighting = 'probe', settings = {}, smoothing, temperature }: MixerRecord,
  { kinds }: CommandContext,
): string {
  const from = { token: 'weights from each token', prefix: 'weights from the mean over the prefix' };
  const told = Object.entries(settings).map(
    ([key, value]) => `${flagOf(key, kinds.mix.settings[key] ?? {})}${value === true ? '' : ` ${value}`}`,
  );
  const found = [smoothing && from[smoothing], temperature && `temperature ${temperature.toFixed(2)}`];
  const parts = [weighting, ...told, ...found];
  return parts.filter((part) => part).join(', ');
}
