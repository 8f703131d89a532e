import type { Command } from 'commander';
import type { Raw } from '../../base/settings';
import { printable } from '../../base/printable';
import { evaluateKind } from '../../kinds/evaluate/spec';
import { formatFixed, formatPercent } from '../../base/format';
import { perplexityTable } from '../../protocol/records';
import type { Routing } from '../../protocol/routing';
import { chooseDataset, type CommandContext, withBackend, writeJson } from '../context';
import { newestExperts } from '../newest';
import { addRunFlags, runOrEstimate, type RunOptions } from '../run-command';
import { toldSettings } from '../settings-flags';
import { renderTable } from '../tables';
import type { Terminal } from '../terminal';

export function addEvaluate(program: Command, context: CommandContext): void {
  const command = program
    .command('evaluate')
    .description("Perplexity of base model, experts and mixture on the corpus's test documents.")
    .argument(
      '[data]',
      "what `polymath import` reads, or the id of a dataset; the split's own, else the newest, by default",
    );
  addRunFlags(command, evaluateKind, evaluateKind.settings).action(
    async (data: string | undefined, options: RunOptions) =>
      run(data, await toldSettings(command, evaluateKind.settings), options, context),
  );
}

async function run(data: string | undefined, told: Raw, options: RunOptions, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const experts = await newestExperts(backend, told.experts);
    const fromSplit = experts.clustering !== undefined;
    const mixer = told.mixer ?? (await backend.call('mixers/list', { limit: 1, experts: experts.id })).items.at(0)?.id;
    if (mixer === undefined && fromSplit && experts.experts.length > 1) {
      context.progress.print('These experts have no mixer, so they have equal weights; `polymath mix` trains one.');
    }
    const named = data ?? told.dataset;
    const dataset = named === undefined && fromSplit ? undefined : (await chooseDataset(backend, named, context)).id;
    const spec = { ...told, kind: 'evaluate', experts: experts.id, mixer, dataset };
    const record = await runOrEstimate(backend, spec, options, context);
    if (record === undefined) return;
    const evaluation = await backend.call('evaluations/get', { evaluation: record.result ?? '' });
    context.progress.finish();
    if (options.json === true) writeJson(context, evaluation.result);
    else show(evaluation.result, context);
  });
}

function show(result: unknown, { out }: CommandContext): void {
  const columns = [
    { title: 'System', align: 'left' as const },
    { title: 'Perplexity' },
    { title: 'Bits per byte' },
    { title: 'Against the base, nats per token' },
  ];
  const { systems, routing, notes = [] } = perplexityTable.parse(result);
  const rows = systems.map(({ name, macro, bitsPerByte, difference }) => ({
    cells: [
      name,
      macro.toFixed(2),
      bitsPerByte.toFixed(3),
      name === 'Base model'
        ? ''
        : `${difference.deltaNats.toFixed(3)} (${difference.lo.toFixed(3)} to ${difference.hi.toFixed(3)})`,
    ],
    lead: name === 'Mixture' || name === 'Equal weights',
  }));
  out.write(renderTable(columns, rows, out));
  if (routing !== undefined) out.write(`\n${toldRouting(routing, out)}\n`);
  out.write(notes.map((note) => `${printable(note)}\n`).join(''));
}

/** Whom the weights would choose after so many tokens, what that costs, and whether they mean what they say. */
function toldRouting({ byPrefix, ece, brier }: Routing, out: Terminal): string {
  const titles = ['Tokens read', 'Documents', 'Best expert', 'Cost, nats/token'];
  const rows = byPrefix.map(({ tokens, documents, accuracy, regret }) => ({
    cells: [String(tokens), String(documents), formatPercent(accuracy), formatFixed(regret)],
  }));
  const calibration = `Calibration error of the largest weight ${formatFixed(ece)}, Brier score ${formatFixed(brier)}.`;
  const table =
    rows.length === 0
      ? ''
      : renderTable(
          titles.map((title) => ({ title })),
          rows,
          out,
        );
  const told =
    'How often the expert with the largest weight predicts the rest of a text best, and what it costs otherwise\n';
  return `${rows.length === 0 ? '' : told}${table}${calibration}`;
}
