import type { Command } from 'commander';
import { formatFixed, formatList, formatNumber, formatPercent } from '../../base/format';
import { printable } from '../../base/printable';
import type { Raw } from '../../base/settings';
import { chatCallsPerQuestion } from '../../kinds/exam/plan';
import { examKind } from '../../kinds/exam/spec';
import { chatLabel } from '../../protocol/chat-name';
import type { CouncilRecord } from '../../protocol/councils';
import { chatsAmong } from '../../protocol/members';
import type { Backend } from '../../protocol/messages';
import { idNamed } from '../by-names';
import { elsewhereLines } from '../chat-lines';
import { examTable, type ExamTable } from '../../protocol/exam';
import { type CommandContext, withBackend, writeJson } from '../context';
import { newestCouncil, newestExperts, newestQuestions } from '../newest';
import { addRunFlags, runOrEstimate, type RunOptions } from '../run-command';
import { toldSettings } from '../settings-flags';
import { renderTable } from '../tables';

export function addExam(program: Command, context: CommandContext): void {
  const command = program
    .command('exam')
    .description('Right answers of councils, and of controls beside them, on questions with choices or free answers.')
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
    const questions = await idNamed(backend, 'questions', await newestQuestions(backend, named ?? told.questions));
    const spec = { ...told, kind: 'exam', experts: experts.id, questions };
    const against = told.against === undefined ? undefined : await newestCouncil(backend, told.against);
    for (const line of await chatLines(backend, spec, [council, against])) context.progress.print(line);
    const record = await runOrEstimate(backend, spec, options, context);
    if (record === undefined) return;
    const { result } = await backend.call('evaluations/get', { evaluation: record.result ?? '' });
    context.progress.finish();
    if (options.json === true) writeJson(context, result);
    else show(examTable.parse(result), context);
  });
}

/** Which chat models will be asked, how much, and where that goes. */
async function chatLines(
  backend: Backend,
  spec: Raw,
  councils: readonly (CouncilRecord | undefined)[],
): Promise<string[]> {
  const members = councils.flatMap((council) => council?.members ?? []);
  const chats = [...new Set(chatsAmong(members))];
  if (chats.length === 0) return [];
  const sets = (await backend.call('questions/sets', { limit: 1000 })).items;
  const { heldout, test } = sets.find(({ id }) => id === spec.questions)?.questions ?? { heldout: 0, test: 0 };
  const questions = Math.min(spec.part === 'heldout' ? heldout : test, Number(spec.most ?? Infinity));
  const [first] = (await backend.call('questions/list', { set: String(spec.questions), limit: 1 })).items;
  const asked = first?.choices === undefined ? { answers: 'free' as const, ...spec } : spec;
  const calls = formatNumber(questions * chatCallsPerQuestion(asked, councils), 'time');
  return [
    `${formatList(chats.map(chatLabel).map(printable))} will be asked about ${calls}.`,
    ...elsewhereLines(members),
  ];
}

function show({ rows, free, notes }: ExamTable, { out }: CommandContext): void {
  const abstains = rows.some(({ abstained }) => abstained !== undefined);
  const columns = [
    { title: 'Who answers', align: 'left' as const },
    ...(free === true ? [{ title: 'F1' }, { title: 'Word by word' }] : [{ title: 'Right' }]),
    { title: 'First row minus this' },
    ...(free === true ? [] : [{ title: 'Agreement' }]),
    { title: 'Consistency' },
    ...(abstains ? [{ title: 'Abstained' }] : []),
    { title: 'Calls' },
    { title: 'Tokens' },
  ];
  const cells = rows.map(({ name, role, accuracy, difference, consistency, abstained, calls, tokens, ...row }) => ({
    cells: [
      printable(name),
      interval(accuracy, formatPercent),
      ...(free === true ? [formatPercent(row.exact ?? 0)] : []),
      difference === undefined ? '' : interval(difference, (value) => formatFixed(value)),
      ...(free === true ? [] : [row.agreement === undefined ? '' : formatFixed(row.agreement, 2)]),
      consistency === undefined ? '' : formatPercent(consistency),
      ...(abstains ? [String(abstained ?? 0)] : []),
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
