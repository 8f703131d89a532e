import { formatCount, formatNumber } from '../../base/format';
import type { Command } from 'commander';
import { printable } from '../../base/printable';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { positiveInteger } from '../options';
import { renderTable } from '../tables';

interface Options extends ProjectOptions {
  readonly limit: number;
  readonly page: number;
}

export function addQuestions(program: Command, context: CommandContext): void {
  program
    .command('questions')
    .description('List the question sets of the project, or the questions of one; see `import --questions`.')
    .argument('[set]', 'id of a question set')
    .option('--limit <number>', 'rows of a page', positiveInteger, 20)
    .option('--page <number>', 'page, from 1', positiveInteger, 1)
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((set: string | undefined, options: Options) => run(set, options, context));
}

async function run(set: string | undefined, options: Options, context: CommandContext): Promise<void> {
  const page = { offset: (options.page - 1) * options.limit, limit: options.limit };
  const { out } = context;
  await withBackend(context, options, false, async (backend) => {
    if (set === undefined) {
      const found = await backend.call('questions/sets', page);
      if (options.json === true) return writeJson(context, found);
      for (const { id, name, questions } of found.items) {
        out.write(
          `${id}  ${printable(name)}: ${formatNumber(questions.total, 'question')}, ${formatCount(questions.test)} of them kept for the test\n`,
        );
      }
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
