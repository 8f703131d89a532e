import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatCount, formatNumber, formatPercent } from '../../base/format';
import { printable } from '../../base/printable';
import { formatBytes } from '../../base/bytes';
import type { Raw } from '../../base/settings';
import { importExpertsKind } from '../../kinds/import-experts/spec';
import { warningsOf } from '../../protocol/expert-warnings';
import type { Backend } from '../../protocol/messages';
import type { AdapterFigures, ExpertSetRecord } from '../../protocol/records';
import { idNamed } from '../by-names';
import { type CommandContext, type ProjectOptions, startRun, withBackend, writeJson } from '../context';
import { positiveInteger } from '../options';
import { addRunFlags } from '../run-command';
import { toldSettings } from '../settings-flags';
import { renderTable } from '../tables';

interface ListOptions extends ProjectOptions {
  readonly limit: number;
  readonly page: number;
  readonly remove?: boolean;
}

export function addExperts(program: Command, context: CommandContext): void {
  const experts = program
    .command('experts')
    .description(
      'List the sets of experts of the project, tell about one, or import experts that were trained elsewhere.',
    )
    .argument('[experts]', 'id of a set: tells about each of its experts')
    .option('--limit <number>', 'rows of a page', positiveInteger, 20)
    .option('--page <number>', 'page, from 1', positiveInteger, 1)
    .option('--remove', 'remove the set with its experts and mixers; refused while councils of it exist')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((id: string | undefined, options: ListOptions) => run(id, options, context));
  const importing = experts
    .command('import')
    .description('Import LoRA adapters in the format of PEFT, or fine-tuned models, as a set of experts.')
    .argument('<folders...>', 'folder of an adapter or a model, or of several; each becomes an expert');
  addRunFlags(importing, importExpertsKind, importExpertsKind.settings, ['folders']).action(
    async (folders: string[], options: ProjectOptions) =>
      importFrom(folders, await toldSettings(importing, importExpertsKind.settings), options, context),
  );
}

async function run(id: string | undefined, options: ListOptions, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    if (id === undefined) return list(backend, options, context);
    if (options.remove === true) {
      const found = await idNamed(backend, 'experts', id);
      await backend.call('experts/remove', { experts: found });
      return context.out.write(`${found} is removed.\n`);
    }
    const set = await backend.call('experts/get', { experts: id });
    if (options.json === true) writeJson(context, set);
    else tell(set, context);
  });
}

async function list(backend: Backend, { limit, page, json }: ListOptions, context: CommandContext): Promise<void> {
  const found = await backend.call('experts/list', { limit, offset: (page - 1) * limit });
  if (json === true) return writeJson(context, found);
  const { out } = context;
  if (found.total === 0) return out.write('There are no experts yet: polymath train, or polymath experts import\n');
  const columns = [
    { title: 'Experts', align: 'left' as const },
    { title: 'Name', align: 'left' as const },
    { title: 'Number' },
    { title: 'Adapter', align: 'left' as const },
    { title: 'Tokens' },
  ];
  const rows = found.items.map(({ id, name, experts, settings, tokens }) => {
    const trained = tokens === undefined ? '' : formatCount(tokens);
    return { cells: [id, printable(name), String(experts.length), kindOf(experts, settings.rank), trained] };
  });
  out.write(renderTable(columns, rows, out));
  if (found.items.length < found.total) out.write(`${rows.length} of ${formatCount(found.total)}; see --page\n`);
}

/** What the experts of a set are: adapters of these ranks, all weights, or some of each. */
function kindOf(experts: ExpertSetRecord['experts'], rank: ExpertSetRecord['settings'][string] | undefined): string {
  const figures = experts.flatMap(({ adapter }) => adapter ?? []);
  const ranks = figures.flatMap((adapter) => (adapter.form === 'full' ? [] : adapter.ranks));
  const full = figures.some(({ form }) => form === 'full') ? ['full'] : [];
  if (figures.length === 0) return rank === undefined ? '' : `rank ${rank}`;
  return [...(ranks.length > 0 ? [`rank ${span(ranks)}`] : []), ...full].join(', ');
}

function span(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => String(Number(value.toFixed(2))));
  return low === high ? low : `${low}–${high}`;
}

function tell(set: ExpertSetRecord, { out }: CommandContext): void {
  const { id, name, model, clustering, tokens, experts } = set;
  out.write(`${id}  ${printable(name)}\n`);
  const origin = clustering === undefined ? 'from elsewhere, without piles' : `of the piles of ${clustering}`;
  const trained = tokens === undefined ? '' : `, ${formatCount(tokens)} training tokens`;
  out.write(`${formatNumber(experts.length, 'expert')} on the base model ${printable(model)}, ${origin}${trained}.\n`);
  const columns = [
    { title: 'Expert', align: 'left' as const },
    { title: 'Name', align: 'left' as const },
    { title: 'Rank' },
    { title: 'Alpha' },
    { title: 'Layers', align: 'left' as const },
    { title: 'Parameters' },
    { title: 'Size' },
    { title: 'Share' },
    { title: 'Loss' },
  ];
  const rows = experts.map(({ letter, name: own, adapter, share, loss }) => ({
    cells: [
      letter,
      printable(own),
      ...adapterCells(adapter),
      share === undefined ? '' : formatPercent(share),
      loss === undefined ? '' : loss.toFixed(2),
    ],
  }));
  out.write(renderTable(columns, rows, out));
  for (const { letter, source } of experts) {
    if (source === undefined) continue;
    const base = source.baseModel === undefined ? '' : `, trained on ${printable(source.baseModel)}`;
    out.write(`${letter} is from ${printable(source.path)}${base}\n`);
  }
  for (const line of warningsOf(set)) out.write(`${printable(line)}\n`);
}

function adapterCells(adapter: AdapterFigures | undefined): string[] {
  if (adapter === undefined) return ['', '', '', '', ''];
  if (adapter.form === 'full')
    return ['', '', 'all weights', formatCount(adapter.parameters), formatBytes(adapter.bytes)];
  const { ranks, alphas, modules, targets, parameters, bytes } = adapter;
  const layers = `${modules}: ${targets.map(printable).join(', ')}`;
  return [span(ranks), span(alphas), layers, formatCount(parameters), formatBytes(bytes)];
}

async function importFrom(
  folders: readonly string[],
  told: Raw,
  options: ProjectOptions,
  context: CommandContext,
): Promise<void> {
  await withBackend(context, options, true, async (backend) => {
    const spec = { ...told, kind: importExpertsKind.kind, folders: folders.map((folder) => resolve(folder)) };
    const { result } = await startRun(backend, spec, {}, context);
    const set = await backend.call('experts/get', { experts: result ?? '' });
    context.progress.finish();
    if (options.json === true) return writeJson(context, set);
    tell(set, context);
    context.out.write(`Next: ${nextStep(set)}\n`);
  });
}

function nextStep({ clustering, experts }: ExpertSetRecord): string {
  if (experts.length === 1) return `polymath ask --expert ${experts[0].letter} "Once upon a time"`;
  return clustering === undefined ? 'polymath ask --uniform "Once upon a time"' : 'polymath mix';
}
