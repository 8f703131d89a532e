import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatCount, formatNumber } from '../../base/format';
import { printable } from '../../base/printable';
import { importQuestionsKind } from '../../kinds/import-questions/spec';
import { importKind } from '../../kinds/import/spec';
import type { DatasetRecord, QuestionSetRecord } from '../../protocol/records';
import {
  type CommandContext,
  importNamedCorpus,
  type ProjectOptions,
  startRun,
  withBackend,
  writeJson,
} from '../context';
import { addRunFlags } from '../run-command';
import { toldSettings } from '../settings-flags';

interface Options extends ProjectOptions {
  readonly questions?: boolean;
}

export function addImport(program: Command, context: CommandContext): void {
  const command = program
    .command('import')
    .description('Import a corpus, or with --questions a set of questions, into the project.')
    .argument(
      '<source>',
      'JSON, CSV, TSV, Parquet or Arrow file, folder or glob of these or of texts, one big text file; gzip and zstd too; "sample"',
    )
    .option('--questions', 'the source holds questions: with choices, or with free answers');
  addRunFlags(command, importKind, importKind.settings, ['source']).action(async (source: string, options: Options) => {
    const { settings } = options.questions === true ? importQuestionsKind : importKind;
    const told = await toldSettings(command, settings);
    await withBackend(context, options, true, async (backend) => {
      if (options.questions === true) {
        const spec = { ...told, kind: importQuestionsKind.kind, source: resolve(source) };
        const { id: run, result } = await startRun(backend, spec, {}, context);
        const { items } = await backend.call('questions/sets', { limit: 1000 });
        const set = items.find(({ id }) => id === result);
        if (set === undefined) throw new Error(`the question set ${result} is missing`);
        context.progress.finish();
        return options.json === true ? writeJson(context, set) : showQuestions(set, run, context);
      }
      const dataset = await importNamedCorpus(backend, { ...told, source }, context);
      context.progress.finish();
      if (options.json === true) writeJson(context, dataset);
      else show(dataset, context);
    });
  });
}

function show(dataset: DatasetRecord, { out, progress }: CommandContext): void {
  const { id, name, documents, domains, duplicates, leaks, rejected, notes = [], warnings = [] } = dataset;
  const { total, train, validation, test } = documents;
  out.write(`${id}  ${name}: ${formatNumber(total, 'document')} `);
  out.write(
    `(train ${formatCount(train)}, validation ${formatCount(validation)}, test ${formatCount(test)})${rejected > 0 ? `, ${formatCount(rejected)} rejected` : ''}\n`,
  );
  for (const note of notes) out.write(`${printable(note)}\n`);
  if (domains.length > 0)
    out.write(`Domains: ${domains.map((d) => `${d.name} ${formatCount(d.documents)}`).join(', ')}\n`);
  const { exact, near } = duplicates;
  if (exact + near > 0) out.write(`Copies of earlier documents: ${exact} exact, ${near} nearly so.\n`);
  if (leaks > 0)
    out.write(
      `${formatNumber(leaks, 'text stands', 'texts stand')} on several sides: figures on this dataset flatter.\n`,
    );
  for (const warning of warnings) progress.print(`Warning: ${printable(warning)}`);
  out.write('Next: polymath split\n');
}

function showQuestions(
  { id, name, questions, rejected }: QuestionSetRecord,
  run: string,
  { out }: CommandContext,
): void {
  const { total, heldout, test } = questions;
  out.write(`${id}  ${name}: ${formatNumber(total, 'question')} (held out ${heldout}, test ${test})\n`);
  if (rejected > 0)
    out.write(
      `${formatNumber(rejected, 'row was', 'rows were')} left out. Which and why: polymath runs ${run} --log\n`,
    );
}
