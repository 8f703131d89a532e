/** Splits that change one thing of an earlier split: a pile is divided, or unions of a guide are taken back. */
import type { Command } from 'commander';
import { choice, type Raw } from '../base/settings';
import { settingsFor } from '../kinds/kind';
import { pileOf, chooseSplit } from './choose-split';
import { type CommandContext, withBackend, writeJson } from './context';
import { positiveIntegers } from './options';
import { hideOthers, otherMethods, refuseOthers } from './split-command';
import { addRunFlags, runOrEstimate, type RunOptions } from './run-command';
import { toldSettings } from './settings-flags';
import { showSplit, splitAsJson } from './split-result';

interface Options extends RunOptions {
  readonly split?: string;
}

export function addPileSplits(piles: Command, context: CommandContext): void {
  const { kinds } = context;
  const methods = Object.entries(kinds.split.variants?.of ?? {}).map(([name, { label }]) => [name, label]);
  // Words tell parts of one pile apart, and documents that were in no pile.
  const usual = 'unigram';
  const method = {
    ...kinds.split.settings.method,
    form: choice(Object.fromEntries(methods) as Record<string, string>),
    default: usual,
  };
  const tableOf = ({ method: named = usual }: Raw) => ({ ...settingsFor(kinds.split, { method: named }), method });
  const split = (command: Command): Command => command.option('--split <id>', 'the split; the newest by default');
  const asked = ['dataset', 'from', 'keep', 'experts'];

  const divide = piles
    .command('divide')
    .description('Divide a pile into several, and leave all others as they are: the result is another split.')
    .argument('<pile>', 'letter of the pile');
  const parts = { ...kinds.split.settings.k, help: 'number of parts', default: 2 };
  const others = otherMethods(kinds.split);
  addRunFlags(split(divide), kinds.split, { ...tableOf({}), k: parts }, asked).action(
    async (letter: string, options: Options) => {
      const told = await toldSettings(divide, { ...tableOf(divide.opts()), ...others });
      const chosen = { k: parts.default, method: usual, ...told };
      refuseOthers(kinds.split, chosen.method, told, `piles divide ${letter} --method`);
      await change(options, context, (earlier) => ({ ...chosen, divide: pileOf(earlier, letter) }));
    },
  );
  hideOthers(divide, others, tableOf({}));

  const undo = piles
    .command('undo-union')
    .description('Take unions of a guide back: the smaller side of each is a pile of its own again, in another split.')
    .argument('<numbers>', 'numbers of unions, separated by commas, see `polymath piles --unions`', positiveIntegers);
  addRunFlags(split(undo), kinds.split, tableOf({}), [...asked, 'k', 'method']).action(
    async (undoUnions: readonly number[], options: Options) => {
      const told = await toldSettings(undo, tableOf({}));
      await change(options, context, () => ({ ...told, method: usual, undoUnions }));
    },
  );
}

async function change(
  options: Options,
  context: CommandContext,
  settingsOf: (earlier: Awaited<ReturnType<typeof chooseSplit>>) => Raw,
): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const earlier = await chooseSplit(backend, options.split);
    const spec = { ...settingsOf(earlier), kind: 'split', dataset: earlier.dataset, from: earlier.id };
    const record = await runOrEstimate(backend, spec, options, context);
    if (record === undefined) return;
    const made = await backend.call('splits/get', { clustering: record.result ?? '' });
    context.progress.finish();
    if (options.json === true) writeJson(context, splitAsJson(made));
    else showSplit(made, context);
  });
}
