/** The number of piles by what it does for documents that no pile has seen. */
import { formatNumber } from '../../base/format';
import type { Command } from 'commander';
import { UserError } from '../../base/errors';
import { settingsFor } from '../../kinds/kind';
import { emptySide } from '../../kinds/shared/held-out-side';
import { usualTokensPerRound } from '../../split/methods/em/settings';
import { methodData } from '../../split/methods/method';
import { type CommandContext, startRun, withBackend, writeJson } from '../context';
import { positiveIntegers } from '../options';
import type { RunSpec } from '../../protocol/run';
import { type RunOptions, tellEstimate } from '../run-command';
import { addSplitCommand, type SplitArguments, askedDataset } from '../split-command';
import { renderTable } from '../tables';

// More piles go on gaining a little for ever; fewer are easier to look at and to train.
const mostOfTheGain = 0.95;

/** What a number of piles gave. */
interface Figures {
  readonly k: number;
  readonly split: string;
  /** Nats per token, or word, of held-out documents. */
  readonly nats: number;
}

export function addChooseK(program: Command, context: CommandContext): void {
  addSplitCommand(program, context, {
    name: 'choose-k',
    description:
      'Split a corpus once per number of piles with equal training, and tell which explains held-out texts best.',
    without: ['k', 'from', 'keep', 'experts', 'name'],
    more: (command) =>
      command.option('--ks <list>', 'numbers of piles, separated by commas', positiveIntegers, [2, 4, 6, 8]),
    action: (asked, options) => run(asked, options.ks as readonly number[], options, context),
  });
}

async function run(
  asked: SplitArguments,
  ks: readonly number[],
  options: RunOptions,
  context: CommandContext,
): Promise<void> {
  const { method, told } = asked;
  const { methods } = context;
  const { likelihoodPer, label = method } = methodData(methods, method) ?? {};
  if (likelihoodPer === undefined) {
    const able = Object.entries(methods).flatMap(([name, of]) => (of.likelihoodPer === undefined ? [] : [name]));
    throw new UserError(
      `${label} does not tell how likely a document is.`,
      `Choose the number of piles by ${able.join(' or ')}: polymath choose-k ${able[0]}`,
    );
  }
  await withBackend(context, options, true, async (backend) => {
    const dataset = await askedDataset(backend, asked, context);
    const none = emptySide(dataset, 'validation', 'The number of piles is chosen on');
    if (dataset.documents.validation === 0) throw none;
    const specOf = (k: number): RunSpec => {
      return { ...told, ...equalTraining(asked, k, ks, context), kind: 'split', method, dataset: dataset.id, k };
    };
    if (options.estimate === true) return tellEstimate(backend, ks.map(specOf), options, context);
    const figures: Figures[] = [];
    for (const k of ks) {
      const spec = specOf(k);
      const { result } = await startRun(backend, spec, options, context);
      const { id: split, rounds } = await backend.call('splits/get', { clustering: result ?? '' });
      const nats = rounds.at(-1)?.validationLoss;
      if (nats === undefined) throw none;
      figures.push({ k, split, nats });
    }
    context.progress.finish();
    tell(figures, likelihoodPer, options, context);
  });
}

/** Experts that learn take the tokens of all piles together in equal parts, however many piles there are. */
function equalTraining(
  { method, told }: SplitArguments,
  k: number,
  ks: readonly number[],
  { kinds }: CommandContext,
): { tokensPerRound?: number } {
  if (!('tokensPerRound' in settingsFor(kinds.split, { method }))) return {};
  const total = Number(told.tokensPerRound ?? usualTokensPerRound) * ks[0];
  return { tokensPerRound: Math.ceil(total / k) };
}

function tell(figures: readonly Figures[], unit: string, { json }: RunOptions, context: CommandContext): void {
  const best = figures.reduce((least, next) => (next.nats < least.nats ? next : least));
  const most = Math.max(...figures.map(({ nats }) => nats));
  const enough = figures.find(({ nats }) => most - nats >= mostOfTheGain * (most - best.nats)) ?? best;
  if (json === true) return writeJson(context, { best: best.k, enough: enough.k, figures });
  context.out.write(curve(figures, best, unit, context));
  context.out.write(`Held-out documents are likeliest with ${formatNumber(best.k, 'pile')}.\n`);
  if (enough !== best) {
    const share = Math.round(100 * mostOfTheGain);
    context.out.write(
      `${formatNumber(enough.k, 'pile has', 'piles have')} ${share} % of that gain over the worst number of piles.\n`,
    );
  }
  context.out.write(`Next: polymath train --split ${enough.split}\n`);
}

/** One bar per number of piles: how much likelier it makes the documents than the worst one does. */
function curve(figures: readonly Figures[], best: Figures, unit: string, { out }: CommandContext): string {
  const most = Math.max(...figures.map(({ nats }) => nats));
  const widest = Math.max(most - best.nats, Number.MIN_VALUE);
  const columns = [
    { title: 'Piles' },
    { title: `Nats per ${unit}` },
    { title: 'Perplexity' },
    { title: 'Gain', align: 'left' as const },
    { title: 'Split', align: 'left' as const },
  ];
  const rows = figures.map(({ k, split, nats }) => {
    const bar = '█'.repeat(Math.round((20 * (most - nats)) / widest));
    return { cells: [String(k), nats.toFixed(4), Math.exp(nats).toFixed(2), bar, split], lead: k === best.k };
  });
  return renderTable(columns, rows, out);
}
