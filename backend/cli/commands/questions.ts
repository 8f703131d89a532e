import { formatCount, formatNumber } from '../../base/format';
import type { Command } from 'commander';
import { UserError } from '../../base/errors';
import { printable } from '../../base/printable';
import type { Backend } from '../../protocol/messages';
import type { QuestionSetRecord } from '../../protocol/records';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { integer, positiveInteger } from '../options';
import { renderTable } from '../tables';

interface Options extends ProjectOptions {
  readonly limit: number;
  readonly page: number;
}

interface ComposeOptions extends ProjectOptions {
  readonly count?: number;
  readonly seed: number;
  readonly name?: string;
}

export function addQuestions(program: Command, context: CommandContext): void {
  const questions = program
    .command('questions')
    .description('List the question sets of the project, or the questions of one; see `import --questions`.')
    .argument('[set]', 'id of a question set')
    .option('--limit <number>', 'rows of a page', positiveInteger, 20)
    .option('--page <number>', 'page, from 1', positiveInteger, 1)
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((set: string | undefined, options: Options) => run(set, options, context));
  questions
    .command('compose')
    .description(
      'Make a question set of composites: multiple-choice questions of two domains joined into one, whose answer is the pair.',
    )
    .argument('[set]', 'question set with domains; the newest by default')
    .option('--count <number>', 'composites to make; by default as many as use no question twice', positiveInteger)
    .option('--seed <number>', 'seed of what is drawn', integer, 0)
    .option('--name <text>', 'name of the new set')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((set: string | undefined, options: ComposeOptions) => compose(set, options, context));
}

async function compose(
  named: string | undefined,
  { count, seed, name, ...options }: ComposeOptions,
  context: CommandContext,
): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const set = named ?? (await newestQuestions(backend));
    const made = await backend.call('questions/compose', { set, count, seed, name });
    if (options.json === true) return writeJson(context, made);
    context.out.write(lineOf(made));
    for (const domain of made.domains) {
      context.out.write(`  ${printable(domain.name)}: ${formatNumber(domain.questions, 'question')}\n`);
    }
  });
}

/** The newest set of single questions. */
async function newestQuestions(backend: Backend): Promise<string> {
  const { items } = await backend.call('questions/sets', { limit: 1000 });
  const found = items.find(({ composedOf }) => composedOf === undefined);
  if (found !== undefined) return found.id;
  throw new UserError('There are no questions in this project.', 'Import some: polymath import --questions FILE');
}

function lineOf({ id, name, questions: { total, test } }: QuestionSetRecord): string {
  const size = formatNumber(total, 'question');
  return `${id}  ${printable(name)}: ${size}, ${formatCount(test)} of them kept for the test\n`;
}

async function run(set: string | undefined, options: Options, context: CommandContext): Promise<void> {
  const page = { offset: (options.page - 1) * options.limit, limit: options.limit };
  const { out } = context;
  await withBackend(context, options, false, async (backend) => {
    if (set === undefined) {
      const found = await backend.call('questions/sets', page);
      if (options.json === true) return writeJson(context, found);
      for (const record of found.items) out.write(lineOf(record));
      if (found.total === 0) out.write('There are none yet: polymath import --questions FILE\n');
      return;
    }
    const found = await backend.call('questions/list', { set, ...page });
    if (options.json === true) return writeJson(context, found);
    const columns = ['Part', 'Domain', 'Question', 'Answer'].map((title) => ({ title, align: 'left' as const }));
    const rows = found.items.map(({ part, domain = '', question, choices, correct, answers = [] }) => ({
      cells: [part, domain, question, choices?.[correct ?? 0] ?? answers.join(' / ')].map(printable),
    }));
    out.write(renderTable(columns, rows, out));
  });
}
