import { Option, type Command } from 'commander';
import { formatCount } from '../../base/format';
import { runDefaults } from '../../protocol/defaults';
import type { Dataset, QuestionSet } from '../../protocol/records';
import { importFormats, importQuestionsSpec, type ImportSpec } from '../../protocol/run';
import { resolve } from 'node:path';
import { type Context, importCorpus, type ProjectOptions, startRun, withBackend, writeJson } from '../context';
import { integer, numberBetween } from '../options';

interface Options extends ProjectOptions {
  readonly name?: string;
  readonly format?: ImportSpec['format'];
  readonly text?: string;
  readonly id?: string;
  readonly domain?: string;
  readonly separator?: string;
  readonly seed: number;
  readonly validation: number;
  readonly test?: number;
  readonly near: number;
  readonly questions?: boolean;
}

export function addImport(program: Command, context: Context): void {
  const { import: defaults, importQuestions } = runDefaults;
  const share = numberBetween(0, 0.9);
  program
    .command('import')
    .description('Import a corpus, or with --questions a set of questions, into the project.')
    .argument(
      '<source>',
      'JSONL, CSV, TSV or Parquet file, folder or glob of texts, one big text file; gzip and zstd too; "sample"',
    )
    .option('--name <name>', 'name of the dataset')
    .addOption(new Option('--format <format>', 'guessed from the file by default').choices(importFormats))
    .option('--text <column>', 'column or field of the text; guessed by default')
    .option('--id <column>', 'column or field of the id')
    .option('--domain <column>', 'column or field of the domain: only evaluation reads it')
    .option('--separator <text>', 'one big text file: what stands between documents; a blank line by default')
    .option('--seed <number>', 'seed of the train/validation/test split', integer, defaults.seed)
    .option('--validation <share>', 'share of validation documents', share, defaults.validation)
    .option('--test <share>', `share of test documents (questions: of the final test, ${importQuestions.test})`, share)
    .option(
      '--near <similarity>',
      'texts as similar as this are near-duplicates; 0 looks for copies only',
      numberBetween(0, 1),
      defaults.nearDuplicates,
    )
    .option('--questions', 'the source holds questions: with choices, or with free answers')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((source: string, options: Options) => run(source, options, context));
}

async function run(source: string, options: Options, context: Context): Promise<void> {
  await withBackend(options, true, async (backend) => {
    const { name, seed, test } = options;
    if (options.questions === true) {
      const given = { kind: 'import-questions', source: resolve(source), name, seed, test };
      const { result } = await startRun(backend, importQuestionsSpec.parse(given), context);
      const { items } = await backend.call('questions/sets', { limit: 1000 });
      const set = items.find(({ id }) => id === result);
      if (set === undefined) throw new Error(`the question set ${result} is missing`);
      context.progress.finish();
      return options.json === true ? writeJson(context, set) : showQuestions(set, context);
    }
    const { format, text, id, domain, separator, validation, near } = options;
    const columns = { ...(text && { text }), ...(id && { id }), ...(domain && { domain }) };
    const dataset = await importCorpus(
      backend,
      {
        source,
        columns,
        seed,
        validation,
        nearDuplicates: near,
        ...(test === undefined ? {} : { test }),
        ...(name && { name }),
        ...(format && { format }),
        ...(separator && { separator }),
      },
      context,
    );
    context.progress.finish();
    if (options.json === true) writeJson(context, dataset);
    else show(dataset, context);
  });
}

function show({ id, name, documents, domains, duplicates, leaks }: Dataset, { out }: Context): void {
  const { total, train, validation, test } = documents;
  out.write(`${id}  ${name}: ${formatCount(total)} documents `);
  out.write(`(train ${formatCount(train)}, validation ${formatCount(validation)}, test ${formatCount(test)})\n`);
  if (domains.length > 0)
    out.write(`Domains: ${domains.map((d) => `${d.name} ${formatCount(d.documents)}`).join(', ')}\n`);
  const { exact, near } = duplicates;
  if (exact + near > 0) out.write(`Copies of earlier documents: ${exact} exact, ${near} nearly so.\n`);
  if (leaks > 0) out.write(`${leaks} texts stand on several sides: figures on this split flatter.\n`);
  out.write('Next: polymath split\n');
}

function showQuestions({ id, name, questions, rejected }: QuestionSet, { out }: Context): void {
  const { total, heldout, test } = questions;
  out.write(`${id}  ${name}: ${total} questions (held out ${heldout}, test ${test})\n`);
  if (rejected > 0) out.write(`${rejected} rows were left out.\n`);
}
