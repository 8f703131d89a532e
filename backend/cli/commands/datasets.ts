import type { Command } from 'commander';
import { formatCount } from '../../base/format';
import { printable } from '../../base/printable';
import type { Backend } from '../../protocol/messages';
import { idNamed } from '../by-names';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { positiveInteger } from '../options';
import { renderTable } from '../tables';

interface Options extends ProjectOptions {
  readonly limit: number;
  readonly page: number;
  readonly rejected?: boolean;
  readonly duplicates?: boolean;
  readonly contains?: string;
  readonly remove?: boolean;
}

export function addDatasets(program: Command, context: CommandContext): void {
  program
    .command('datasets')
    .description('List the datasets of the project, or the documents of one.')
    .argument('[dataset]', 'id of a dataset: lists its documents')
    .option('--rejected', 'list the rows of its source that were left out')
    .option('--duplicates', 'list only documents that repeat an earlier one')
    .option('--contains <text>', 'list only documents whose text holds this')
    .option('--limit <number>', 'rows of a page', positiveInteger, 20)
    .option('--page <number>', 'page, from 1', positiveInteger, 1)
    .option('--remove', 'remove the dataset; refused while splits of it exist')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((dataset: string | undefined, options: Options) => run(dataset, options, context));
}

async function run(dataset: string | undefined, options: Options, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    if (dataset === undefined) return listDatasets(backend, options, context);
    if (options.remove === true) {
      const found = await idNamed(backend, 'data', dataset);
      await backend.call('datasets/remove', { dataset: found });
      context.out.write(`${found} is removed.\n`);
    } else if (options.rejected === true) await listRejections(backend, dataset, options, context);
    else await listDocuments(backend, dataset, options, context);
  });
}

const pageOf = ({ limit, page }: Options): { offset: number; limit: number } => ({ offset: (page - 1) * limit, limit });

async function listDatasets(backend: Backend, options: Options, context: CommandContext): Promise<void> {
  const found = await backend.call('datasets/list', pageOf(options));
  if (options.json === true) return writeJson(context, found);
  const columns = [
    { title: 'Dataset', align: 'left' as const },
    { title: 'Name', align: 'left' as const },
    { title: 'Documents' },
    { title: 'Train' },
    { title: 'Test' },
    { title: 'Domains' },
    { title: 'Copies' },
    { title: 'Left out' },
  ];
  const rows = found.items.map(({ id, name, documents, domains, duplicates, rejected }) => ({
    cells: [
      id,
      printable(name),
      ...[documents.total, documents.train, documents.test, domains.length].map(formatCount),
      formatCount(duplicates.exact + duplicates.near),
      formatCount(rejected),
    ],
  }));
  show(context, found, renderTable(columns, rows, context.out), 'There are no datasets yet: polymath import FILE');
}

async function listDocuments(
  backend: Backend,
  dataset: string,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { duplicates, contains } = options;
  const found = await backend.call('documents/list', {
    dataset,
    ...pageOf(options),
    ...(duplicates === true ? { duplicates: 'only' as const } : {}),
    ...(contains === undefined ? {} : { contains }),
  });
  if (options.json === true) return writeJson(context, found);
  const columns = [
    { title: 'Document', align: 'left' as const },
    { title: 'Side', align: 'left' as const },
    { title: 'Domain', align: 'left' as const },
    { title: 'Length' },
    { title: 'Text', align: 'left' as const },
  ];
  const rows = found.items.map(({ id, side, domain = '', length, preview }) => ({
    cells: [printable(id), side, printable(domain), formatCount(length), printable(preview)],
  }));
  show(context, found, renderTable(columns, rows, context.out), 'No document is like that.');
}

async function listRejections(
  backend: Backend,
  dataset: string,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const found = await backend.call('rejections/list', { dataset, ...pageOf(options) });
  if (options.json === true) return writeJson(context, found);
  const rows = found.items.map(({ file, line, reason }) => `${printable(file)}, line ${line}: ${printable(reason)}\n`);
  show(context, found, rows.join(''), 'Nothing was left out.');
}

function show(
  { out }: CommandContext,
  { total, items }: { total: number; items: readonly unknown[] },
  text: string,
  empty: string,
): void {
  if (total === 0) out.write(`${empty}\n`);
  else out.write(`${text}${items.length < total ? `${items.length} of ${formatCount(total)}; see --page\n` : ''}`);
}
