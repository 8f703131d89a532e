import { dirname } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../../base/errors';
import { exists, writeWhole } from '../../base/files';
import type { Raw } from '../../base/settings';
import { sweepKind } from '../../kinds/sweep/spec';
import { sweepCells, type SweepLine, sweepMarkdown, sweepTable } from '../../protocol/sweep';
import { chooseDataset, type CommandContext, withBackend, writeJson } from '../context';
import { addRunFlags, runOrEstimate, type RunOptions } from '../run-command';
import { toldSettings } from '../settings-flags';
import { renderTable } from '../tables';

interface Options extends RunOptions {
  readonly to?: string;
}

export function addBench(program: Command, context: CommandContext): void {
  const command = program
    .command('bench')
    .description('Measure what the parts of a method are worth on a corpus.')
    .command('splitting')
    .description(
      'Split a corpus by every combination of the parts of perplexity EM that are listed, once per seed. Splits that the project has already are not made again.',
    )
    .argument('[data]', 'what `polymath import` reads, or the id of a dataset; by default the newest of the project')
    .option('--to <file>', 'write the table as Markdown, too; whatever was there is replaced');
  // Splits that only serve a table stay out of the project that people work in.
  addRunFlags(command, sweepKind, sweepKind.settings, ['dataset'], '.polymath-bench').action(
    async (data: string | undefined, options: Options) =>
      run(data, await toldSettings(command, sweepKind.settings), options, context),
  );
}

/** Refused before the first split, not after the last one. */
async function requireFolder(folder: string): Promise<void> {
  if (await exists(folder)) return;
  throw new UserError(`There is no folder ${folder} for the table.`, 'Make it, or name another one: --to');
}

async function run(data: string | undefined, told: Raw, options: Options, context: CommandContext): Promise<void> {
  await withBackend(context, options, true, async (backend) => {
    if (options.to !== undefined) await requireFolder(dirname(options.to));
    const dataset = await chooseDataset(backend, data ?? told.dataset, context);
    const spec = { ...told, kind: sweepKind.kind, dataset: dataset.id };
    const record = await runOrEstimate(backend, spec, options, context);
    if (record === undefined) return;
    const { result, seeds } = await backend.call('evaluations/get', { evaluation: record.result ?? '' });
    const { lines } = sweepTable.parse(result);
    context.progress.finish();
    if (options.to !== undefined) await writeWhole(options.to, sweepMarkdown(lines));
    if (options.json === true) return writeJson(context, { dataset: dataset.id, seeds, lines: lines.map(asJson) });
    context.out.write(terminalTable(lines, context));
  });
}

/** Without the range of NMI: a narrow terminal would cut the names of the lines, which tell them apart. */
function terminalTable(lines: readonly SweepLine[], { out }: CommandContext): string {
  const { titles, rows } = sweepCells(lines);
  const shown = <T>(row: readonly T[]): T[] => row.filter((_, i) => !['from', 'to'].includes(titles[i]));
  const columns = shown(titles).map((title, i) => ({ title, align: i === 0 ? ('left' as const) : ('right' as const) }));
  return renderTable(
    columns,
    rows.map((cells) => ({ cells: shown(cells) })),
    out,
  );
}

function asJson({ name, method, parts, splits }: SweepLine): object {
  const each = splits.map(({ split, seed, seconds, figures }) => ({ split, seed, seconds, ...figures }));
  return { name, method, ...parts, splits: each };
}
