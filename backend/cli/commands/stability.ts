import { formatNumber } from '../../base/format';
import type { Command } from 'commander';
import { agreementOf } from '../../evaluate/page/agreement';
import type { Backend } from '../../protocol/messages';
import type { SplitRecord } from '../../protocol/records';
import { type CommandContext, startRun, withBackend, writeJson } from '../context';
import { integers } from '../options';
import { type RunOptions, tellEstimate } from '../run-command';
import { addSplitCommand, type SplitArguments, askedDataset, splitSpecOf } from '../split-command';
import { showSplit, splitAsJson } from '../split-result';

export function addStability(program: Command, context: CommandContext): void {
  addSplitCommand(program, context, {
    name: 'stability',
    description: 'Split a corpus once per seed, and tell how far these splits agree.',
    without: ['seed', 'name'],
    more: (command) => command.option('--seeds <list>', 'seeds, separated by commas', integers, [1, 2, 3]),
    action: (asked, options) => run(asked, options.seeds as readonly number[], options, context),
  });
}

async function run(
  asked: SplitArguments,
  seeds: readonly number[],
  options: RunOptions,
  context: CommandContext,
): Promise<void> {
  await withBackend(context, options, true, async (backend) => {
    const dataset = await askedDataset(backend, asked, context);
    const spec = await splitSpecOf(backend, asked, dataset);
    const specs = seeds.map((seed) => ({ ...spec, seed }));
    if (options.estimate === true) return tellEstimate(backend, specs, options, context);
    const found: SplitRecord[] = [];
    for (const each of specs) {
      const { result } = await startRun(backend, each, options, context);
      found.push(await backend.call('splits/get', { clustering: result ?? '' }));
    }
    context.progress.finish();
    const stability = await stabilityOf(backend, found);
    const last = found[found.length - 1];
    if (options.json === true) return writeJson(context, { ...splitAsJson(last), stability });
    showSplit(last, context);
    const figures = `NMI ${stability.nmi.toFixed(3)}, ARI ${stability.ari.toFixed(3)}`;
    context.out.write(
      `${formatNumber(found.length, 'seed agrees', 'seeds agree')}, on average over all pairs, with ${figures}.\n`,
    );
  });
}

/** Mean agreement of each pair of splits, and which these are. */
async function stabilityOf(
  backend: Backend,
  found: readonly SplitRecord[],
): Promise<{ splits: string[]; nmi: number; ari: number }> {
  const splits = found.map(({ id }) => id);
  const pairs = splits.flatMap((a, i) => splits.slice(i + 1).map((b) => ({ a, b })));
  const sums = { nmi: 0, ari: 0 };
  for (const pair of pairs) {
    const { nmi, ari } = agreementOf((await backend.call('splits/compare', pair)).counts);
    sums.nmi += nmi / pairs.length;
    sums.ari += ari / pairs.length;
  }
  return { splits, ...sums };
}
