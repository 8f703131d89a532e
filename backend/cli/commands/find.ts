import type { Command } from 'commander';
import { formatConfidence, formatCount, formatNumber } from '../../base/format';
import { expertLetter } from '../../base/letter';
import { printable } from '../../base/printable';
import type { FoundDocument, FoundPage } from '../../protocol/find';
import type { Backend, Params } from '../../protocol/messages';
import { filterNames, filterTable } from '../../search/filters';
import { nearFind } from '../../search/snippet';
import { type CommandContext, follow, type ProjectOptions, withBackend, writeJson } from '../context';
import { positiveInteger } from '../options';
import { type Column, renderTable } from '../tables';

interface Options extends ProjectOptions {
  readonly dataset?: string;
  readonly split?: string;
  readonly limit: number;
  readonly page: number;
}

export function addFind(program: Command, context: CommandContext): void {
  program
    .command('find')
    .description('Find documents by words, and by what is known of them.')
    .argument('<query...>', 'words that all occur, "words in this order", beginning*, -without, and filters (below)')
    .option('--dataset <id>', 'dataset that is looked in; that of the split, or the newest, by default')
    .option('--split <id>', 'split whose piles are meant; the newest of the dataset by default')
    .option('--limit <number>', 'documents of a page', positiveInteger, 20)
    .option('--page <number>', 'page, from 1', positiveInteger, 1)
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', helpText)
    .action((query: string[], options: Options) => run(query.join(' '), options, context));
}

const helpText = (): string => {
  const width = Math.max(...filterNames.map((name) => filterTable[name].example.length));
  const lines = filterNames.flatMap((name) => {
    const { example, help, form } = filterTable[name];
    const choices = form.type === 'choice' ? `: ${Object.keys(form.choices).join(', ')}` : '';
    return `  ${example.padEnd(width)}  ${help}${choices}`;
  });
  return `
Filters; a - before one leaves out what is so, and commas part several names:
${lines.join('\n')}

Write the whole query in single quotes, so that the shell leaves its quotes and dashes alone:
  polymath find '"supreme court" appeal -tax pile:B confidence:<0.6'

Letter case and accents make no difference. What fits the words best comes first (BM25).
`;
};

const most = 1000;

async function run(query: string, options: Options, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const limit = Math.min(options.limit, most);
    const found = await find(
      backend,
      { query, ...scopeOf(options), limit, offset: (options.page - 1) * limit },
      context,
    );
    if (options.json === true) writeJson(context, found);
    else show(found, options, context);
  });
}

const scopeOf = ({ dataset, split }: Options): Pick<Params<'documents/find'>, 'dataset' | 'clustering'> => ({
  ...(dataset !== undefined && { dataset }),
  ...(split !== undefined && { clustering: split }),
});

/** Indexes the words first where they are not. */
async function find(backend: Backend, request: Params<'documents/find'>, context: CommandContext): Promise<FoundPage> {
  const { signal, progress } = context;
  const found = await backend.call('documents/find', request, { signal });
  const { unindexed, dataset } = found;
  if (unindexed === undefined || dataset === undefined) return found;
  progress.print(
    unindexed === 'missing'
      ? `The words of ${printable(dataset.name)} (${dataset.id}) are indexed first, once.`
      : `The index of the words of ${printable(dataset.name)} (${dataset.id}) is damaged, and made again from its documents.`,
  );
  await follow(backend, await backend.call('runs/start', { spec: { kind: 'index', dataset: dataset.id } }), context);
  return backend.call('documents/find', request, { signal });
}

function show(
  { total, of, items, dataset, split, order }: FoundPage,
  { page }: Options,
  { out }: CommandContext,
): void {
  if (dataset === undefined) return out.write('There are no datasets yet: polymath import FILE\n');
  const where = `${formatNumber(of, 'document')} of ${printable(dataset.name)} (${dataset.id})`;
  const piles = split === undefined ? '' : `; piles of ${printable(split.name)} (${split.id})`;
  if (total === 0) return out.write(`None of the ${where} is like that${piles}.\n`);
  if (items.length === 0) return out.write(`There are no more: ${formatNumber(total, 'document')} in all.\n`);
  const shown = columnsFor(items);
  const rows = items.map((item) => ({ cells: shown.map(({ cell }) => cell(item)) }));
  out.write(renderTable(shown, rows, out));
  const how = order === 'fit' ? 'the best fit first' : 'in the order of the dataset';
  const part =
    items.length < total
      ? `${formatCount(items.length)} of ${formatCount(total)} found`
      : `${formatCount(total)} found`;
  const more = (page - 1) * items.length + items.length < total ? '; see --page' : '';
  out.write(`\n${part} among ${where}, ${how}${piles}${more}\n`);
}

type Shown = Column & { readonly cell: (item: FoundDocument) => string };

/** Columns that say nothing of any row stay away. */
function columnsFor(items: readonly FoundDocument[]): Shown[] {
  const columns: Shown[] = [
    { title: 'Position', cell: ({ document }) => String(document.index) },
    { title: 'Id', align: 'left', cell: ({ document }) => printable(document.id) },
    { title: 'Pile', cell: ({ placed }) => (placed === undefined ? '' : expertLetter(placed.pile)) },
    {
      title: 'Confidence',
      cell: ({ placed }) => (placed?.confidence === undefined ? '' : formatConfidence(placed.confidence)),
    },
    { title: 'Label', align: 'left', cell: ({ document }) => printable(document.domain ?? '') },
    { title: 'Marks', align: 'left', cell: marksOf },
    { title: 'Text', align: 'left', cell: ({ snippet }) => printable(nearFind(snippet, BEFORE).text) },
  ];
  return columns.filter(({ cell }) => items.some((item) => cell(item) !== ''));
}

const marksOf = ({ document, placed }: FoundDocument): string =>
  [
    placed?.moved === true ? 'moved' : '',
    placed?.outlier === true ? 'outlier' : '',
    document.excluded === true ? 'excluded' : '',
  ]
    .filter(Boolean)
    .join(', ');

/** Characters before what was found: a line of a table has room for few. */
const BEFORE = 20;
