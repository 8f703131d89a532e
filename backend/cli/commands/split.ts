import type { Command } from 'commander';
import { formatCount, formatDuration } from '../../base/format';
import { settingsFor } from '../../kinds/kind';
import type { Backend } from '../../protocol/messages';
import type { DatasetRecord } from '../../protocol/records';
import type { RunSpec } from '../../protocol/run';
import { methodLabel, usualMethod } from '../../split/methods/settings';
import { type CommandContext, withBackend, writeJson } from '../context';
import { runOrEstimate, type RunOptions } from '../run-command';
import { addSplitCommand, type SplitArguments, askedDataset, splitSpecOf, tellGuide } from '../split-command';
import { showSplit, splitAsJson } from '../split-result';
import { renderTable } from '../tables';

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
    const chosen = asked.named ? asked : byCorpus(asked, dataset, context);
    const spec = await splitSpecOf(backend, chosen, dataset);
    if (chosen !== asked && options.estimate === true && options.json !== true) {
      return tellCosts(backend, spec, dataset, context);
    }
    if (options.estimate !== true) tellGuide(spec, dataset, context);
    const record = await runOrEstimate(backend, spec, options, context);
    if (record === undefined) return;
    const split = await backend.call('splits/get', { clustering: record.result ?? '' });
    context.progress.finish();
    if (options.json === true) writeJson(context, splitAsJson(split));
    else showSplit(split, context);
  });
}

/** The method that suits the corpus, told with its reason; the command's own where a flag of that is given. */
function byCorpus(
  asked: SplitArguments,
  { documents, textBytes }: DatasetRecord,
  context: CommandContext,
): SplitArguments {
  const { method, why } = usualMethod({ documents: documents.train, textBytes });
  const takes = settingsFor(context.kinds.split, { method });
  if (!Object.keys(asked.told).every((key) => Object.hasOwn(takes, key))) return asked;
  const others = 'polymath split --estimate tells what each method takes here';
  context.progress.print(`${methodLabel(context.methods, method)}: ${why}. ${others}.`);
  return { ...asked, method };
}

/** What each method would take, the usual one first in the eye. */
async function tellCosts(
  backend: Backend,
  spec: RunSpec,
  { domains }: DatasetRecord,
  { out, methods, kinds, signal }: CommandContext,
): Promise<void> {
  const rows = [];
  for (const [method, { label, byDomains }] of Object.entries(methods)) {
    if (byDomains === true && domains.length === 0) continue;
    const takes = settingsFor(kinds.split, { method });
    const own = Object.fromEntries(Object.entries(spec).filter(([key]) => Object.hasOwn(takes, key)));
    const asked = { ...own, kind: 'split', method };
    const cost = await backend.call('runs/estimate', { spec: asked }, { signal });
    const cells = [
      method,
      label,
      formatCount(cost.tokens),
      `${cost.atMost === true ? '≤ ' : ''}${formatDuration(cost.seconds)}`,
      `${Math.round(cost.memory)} MiB`,
    ];
    rows.push({ cells, lead: method === spec.method });
  }
  const columns = [
    { title: 'Method', align: 'left' as const },
    { title: '', align: 'left' as const },
    { title: 'Tokens' },
    { title: 'Time' },
    { title: 'Memory' },
  ];
  out.write(renderTable(columns, rows, out));
}
