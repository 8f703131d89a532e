import type { Command } from 'commander';
import { formatFixed, formatPercent } from '../../base/format';
import { printable } from '../../base/printable';
import type { Raw } from '../../base/settings';
import { examKind } from '../../kinds/exam/spec';
import { examTable, type ExamTable } from '../../protocol/exam';
import { type CommandContext, withBackend, writeJson } from '../context';
import { newestCouncil, newestExperts, newestQuestions } from '../newest';
import { addRunFlags, runOrEstimate, type RunOptions } from '../run-command';
import { toldSettings } from '../settings-flags';
import { renderTable } from '../tables';

export function addExam(program: Command, context: CommandContext): void {
  const command = program
    .command('exam')
    .description('Right answers of councils, and of controls beside them, on multiple-choice questions.')
    .argument('[questions]', 'question set, see `polymath questions`; the newest by default');
  addRunFlags(command, examKind, examKind.settings, ['questions']).action(
    async (questions: string | undefined, options: RunOptions) =>
      run(questions, await toldSettings(command, examKind.settings), options, context),
  );
}

async function run(named: string | undefined, told: Raw, options: RunOptions, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const council = told.council === undefined ? undefined : await newestCouncil(backend, told.council);
    const experts = await newestExperts(backend, told.experts ?? council?.experts);
    const questions = await newestQuestions(backend, named ?? told.questions);
    const spec = { ...told, kind: 'exam', experts: experts.id, questions };
    const record = await runOrEstimate(backend, spec, options, context);
    if (record === undefined) return;
    const { result } = await backend.call('evaluations/get', { evaluation: record.result ?? '' });
    context.progress.finish();
    if (options.json === true) writeJson(context, result);
    else show(examTable.parse(result), context);
  });
}

function show({ rows, notes }: ExamTable, { out }: CommandContext): void {
  const columns = [
    { title: 'Who answers', align: 'left' as const },
    { title: 'Right' },
    { title: 'First row minus this' },
    { title: 'Agreement' },
    { title: 'Consistency' },
    { title: 'Calls' },
    { title: 'Tokens' },
  ];
  const cells = rows.map(({ name, role, accuracy, difference, agreement, consistency, calls, tokens }) => ({
    cells: [
      printable(name),
      interval(accuracy, formatPercent),
      difference === undefined ? '' : interval(difference, (value) => formatFixed(value)),
      agreement === undefined ? '' : formatFixed(agreement, 2),
      consistency === undefined ? '' : formatPercent(consistency),
      String(calls),
      tokens.toFixed(0),
    ],
    lead: role === 'council',
  }));
  out.write(renderTable(columns, cells, out));
  out.write(`\n${notes.map((note) => `${printable(note)}\n`).join('')}`);
}

const interval = ({ value, lo, hi }: ExamTable['rows'][number]['accuracy'], told: (value: number) => string): string =>
  `${told(value)} (${told(lo)} to ${told(hi)})`;
