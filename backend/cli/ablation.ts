/** What each part of perplexity EM is worth: every combination, every seed, one table. */
import { createHash } from 'node:crypto';
import type { DeviceChoice } from '../base/device';
import { writeWhole } from '../base/files';
import type { Backend } from '../protocol/messages';
import type { Clustering, Dataset } from '../protocol/records';
import type { RunSpec } from '../protocol/run';
import type { EmValues } from '../split/methods/em/settings';
import { methodData } from '../split/methods/method';
import { methodLabel, splitMethods } from '../split/methods/settings';
import { type Context, follow, requireModel, writeJson } from './context';
import { renderTable } from './tables';

/** The values that each part takes; 0 layers are all. */
interface Parts {
  readonly start: readonly NonNullable<EmValues['start']>[];
  readonly beta: readonly NonNullable<EmValues['beta']>[];
  readonly balance: readonly NonNullable<EmValues['balance']>[];
  readonly prefix: readonly number[];
  readonly proxyLayers: readonly number[];
}

export interface AblationSettings extends Parts {
  readonly k: number;
  readonly seeds: readonly number[];
  readonly rounds?: number;
  readonly tokensPerRound?: number;
  readonly quickExperts?: number;
  readonly controls: boolean;
  readonly model?: string;
  readonly device?: DeviceChoice;
  readonly to?: string;
  readonly json?: boolean;
}

/** A line of the table: what is done once per seed. */
interface Cell {
  readonly method: string;
  readonly parts: Partial<Pick<EmValues, 'start' | 'beta' | 'balance' | 'prefix' | 'proxyLayers'>>;
}

interface Line extends Cell {
  readonly name: string;
  readonly splits: readonly Clustering[];
}

/** Splits the dataset once per line and seed; what the project has of it already is taken as it is. */
export async function ablate(
  backend: Backend,
  dataset: Dataset,
  settings: AblationSettings,
  context: Context,
): Promise<void> {
  const { seeds, model } = settings;
  await requireModel(model ?? 'bundled', context);
  const cells = [...(settings.controls ? controls(dataset) : []), ...combinations(settings)];
  const known = await splitsByName(backend, dataset);
  const lines: Line[] = [];
  for (const [i, cell] of cells.entries()) {
    const name = nameOf(cell);
    const splits: Clustering[] = [];
    for (const seed of seeds) {
      const spec = specOf(cell, dataset, settings, seed);
      context.progress.print(`${i + 1} of ${cells.length}: ${name}, seed ${seed}`);
      splits.push(known.get(spec.name) ?? (await splitOnce(backend, spec, context)));
    }
    lines.push({ ...cell, name, splits });
  }
  context.progress.finish();
  if (settings.to !== undefined) await writeWhole(settings.to, markdown(lines));
  if (settings.json === true) return writeJson(context, { dataset: dataset.id, seeds, lines: lines.map(asJson) });
  context.out.write(terminalTable(lines, context));
}

function controls({ domains }: Dataset): Cell[] {
  return ['random', 'kmeans', 'unigram', 'gold']
    .filter((method) => domains.length > 0 || methodData(splitMethods, method)?.byDomains !== true)
    .map((method) => ({ method, parts: {} }));
}

function combinations({ start, beta, balance, prefix, proxyLayers }: Parts): Cell[] {
  const layers = (count: number): Cell['parts'] => (count === 0 ? {} : { proxyLayers: count });
  return start.flatMap((s) =>
    beta.flatMap((b) =>
      balance.flatMap((c) =>
        prefix.flatMap((p) =>
          proxyLayers.map((l): Cell => ({
            method: 'em',
            parts: { start: s, beta: b, balance: c, prefix: p, ...layers(l) },
          })),
        ),
      ),
    ),
  );
}

function nameOf({ method, parts: { start, beta, balance, prefix, proxyLayers } }: Cell): string {
  if (start === undefined) return methodLabel(splitMethods, method);
  const judge = proxyLayers === undefined ? '' : `, ${proxyLayers} ${proxyLayers === 1 ? 'layer' : 'layers'}`;
  return `EM: ${start}, ${beta ?? ''}, ${balance ?? ''}, ${prefix ?? ''}${judge}`;
}

/** Its name ends with a hash of all that it depends on: by that a split is found again. */
function specOf(
  cell: Cell,
  dataset: Dataset,
  settings: AblationSettings,
  seed: number,
): RunSpec & { readonly name: string } {
  const { k, rounds, tokensPerRound, quickExperts: quickTokens, model, device } = settings;
  const { byDomains = false, settings: table = {} } = methodData(splitMethods, cell.method) ?? {};
  const learning = 'tokensPerRound' in table ? { rounds, tokensPerRound } : {};
  const own = { k: byDomains ? dataset.domains.length : k, seed, quickTokens, ...learning };
  const spec = { kind: 'split', dataset: dataset.id, method: cell.method, ...cell.parts, ...own, model } as const;
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 12);
  return { ...spec, device, name: `${nameOf(cell)}, seed ${seed} (${hash})` };
}

async function splitsByName(backend: Backend, { id: dataset }: Dataset): Promise<Map<string, Clustering>> {
  const { items } = await backend.call('clusterings/list', { dataset, limit: 1000 });
  return new Map(items.map((split) => [split.name, split]));
}

async function splitOnce(backend: Backend, spec: RunSpec, context: Context): Promise<Clustering> {
  const { result } = await follow(backend, await backend.call('runs/start', { spec }), context);
  return backend.call('clusterings/get', { clustering: result ?? '' });
}

const titles = ['Split: start, β, balance, prefix', 'NMI', 'from', 'to', 'ARI', 'dead', 'perplexity', 'seconds'];

function cellsOf({ name, splits }: Line): string[] {
  const nmi = figures(splits, 'nmi');
  const perplexity = figures(splits, 'perplexity');
  return [
    name,
    fixed(mean(nmi), 3),
    fixed(Math.min(...nmi), 3),
    fixed(Math.max(...nmi), 3),
    fixed(mean(figures(splits, 'ari')), 3),
    fixed(mean(figures(splits, 'dead')), 1),
    perplexity.length === 0 ? '' : Math.exp(mean(perplexity.map(Math.log))).toFixed(2),
    fixed(mean(splits.map(({ seconds }) => seconds)), 1),
  ];
}

function figures(splits: readonly Clustering[], name: string): number[] {
  return splits.flatMap(({ quality }) => (typeof quality[name] === 'number' ? [quality[name]] : []));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const fixed = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '');

/** Without the range of NMI: a narrow terminal would cut the names of the lines, which tell them apart. */
function terminalTable(lines: readonly Line[], { out }: Context): string {
  const shown = <T>(row: readonly T[]): T[] => row.filter((_, i) => !['from', 'to'].includes(titles[i]));
  const columns = shown(titles).map((title, i) => ({ title, align: i === 0 ? ('left' as const) : ('right' as const) }));
  return renderTable(
    columns,
    lines.map((line) => ({ cells: shown(cellsOf(line)) })),
    out,
  );
}

function asJson({ name, method, parts, splits }: Line): object {
  const each = splits.map(({ id, seed, seconds, quality }) => ({ split: id, seed, seconds, ...quality }));
  return { name, method, ...parts, splits: each };
}

function markdown(lines: readonly Line[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [
    row(titles),
    row(titles.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...lines.map((l) => row(cellsOf(l))),
  ].join('');
}
