import type { Command } from 'commander';
import { type CommandContext, withBackend, writeJson } from '../context';
import { runOrEstimate, type RunOptions } from '../run-command';
import { addSplitCommand, type SplitArguments, askedDataset, splitSpecOf, tellGuide } from '../split-command';
import { showSplit, splitAsJson } from '../split-result';

export function addSplit(program: Command, context: CommandContext): void {
  addSplitCommand(program, context, {
    name: 'split',
    description: 'Split a corpus into k piles and keep the split in the project.',
    without: [],
    action: (asked, options) => run(asked, options, context),
  });
}

async function run(asked: SplitArguments, options: RunOptions, context: CommandContext): Promise<void> {
  await withBackend(context, options, true, async (backend) => {
    const dataset = await askedDataset(backend, asked, context);
    const spec = await splitSpecOf(backend, asked, dataset);
    if (options.estimate !== true) tellGuide(spec, dataset, context);
    const record = await runOrEstimate(backend, spec, options, context);
    if (record === undefined) return;
    const split = await backend.call('splits/get', { clustering: record.result ?? '' });
    context.progress.finish();
    if (options.json === true) writeJson(context, splitAsJson(split));
    else showSplit(split, context);
  });
}
