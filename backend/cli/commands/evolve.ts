import type { Command } from 'commander';
import { formatCount, formatFixed, formatNumber, formatPercent } from '../../base/format';
import { printable } from '../../base/printable';
import type { Raw } from '../../base/settings';
import { algorithmData } from '../../evolve/algorithms/settings';
import { evolveKind } from '../../kinds/evolve/spec';
import type { CouncilRecord } from '../../protocol/councils';
import { evolutionTable, type EvolutionTable } from '../../protocol/exam';
import { type CommandContext, withBackend, writeJson } from '../context';
import { newestCouncil, newestQuestions } from '../newest';
import { addRunFlags, runOrEstimate, type RunOptions } from '../run-command';
import { toldSettings } from '../settings-flags';
import { renderTable } from '../tables';

export function addEvolve(program: Command, context: CommandContext): void {
  const command = program
    .command('evolve')
    .description('Evolve roles and instruction of a council on held-out questions; makes a council of the best.')
    .argument('[algorithm]', `${algorithmData.map(({ name }) => name).join(', ')}; ga by default`)
    .addHelpText('after', () => `\nAlgorithms:\n${algorithmLines()}`);
  addRunFlags(command, evolveKind, evolveKind.settings, ['algorithm']).action(
    async (algorithm: string | undefined, options: RunOptions) =>
      run(algorithm, await toldSettings(command, evolveKind.settings), options, context),
  );
}

async function run(
  algorithm: string | undefined,
  told: Raw,
  options: RunOptions,
  context: CommandContext,
): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const council = await newestCouncil(backend, told.council);
    const questions = await newestQuestions(backend, told.questions);
    const chosen = algorithm === undefined ? {} : { algorithm };
    const spec = {
      ...told,
      ...chosen,
      kind: 'evolve',
      experts: told.experts ?? council.experts,
      council: council.id,
      questions,
    };
    const record = await runOrEstimate(backend, spec, options, context);
    if (record === undefined) return;
    const { items } = await backend.call('evaluations/list', { limit: 1000 });
    const made = items.find(({ run: of, kind }) => of === record.id && kind === 'evolution');
    const { result } = await backend.call('evaluations/get', { evaluation: made?.id ?? '' });
    const table = evolutionTable.parse(result);
    context.progress.finish();
    if (options.json === true) return writeJson(context, table);
    const councils = (await backend.call('councils/list', { limit: 1000 })).items;
    show(
      table,
      council,
      councils.find(({ id }) => id === table.council),
      context,
    );
  });
}

/** Candidates of the table, at most. */
const shown = 10;

function show(
  table: EvolutionTable,
  from: CouncilRecord,
  made: CouncilRecord | undefined,
  { out }: CommandContext,
): void {
  const { candidates, best, calls, notes, retest, members, twins } = table;
  const whole = candidates.filter(({ dropped }) => !dropped);
  const ranked = [...whole].sort((a, b) => b.scores.fitness - a.scores.fitness || a.number - b.number);
  const first = candidates[0];
  const listed = [...new Set([...ranked.slice(0, shown), first])];
  const titles = ['Fitness', 'Right', 'Right choice’s share', 'Agreement', 'Words'].map((title) => ({ title }));
  const columns = [
    { title: 'Candidate', align: 'left' as const },
    { title: 'Made by', align: 'left' as const },
    ...titles,
  ];
  const rows = listed.map(({ number, generation, operator, parents, scores }) => ({
    cells: [
      number === 0 ? '0, as it was' : `${number}, generation ${generation}`,
      parents.length === 0 ? operator : `${operator} of ${parents.join(', ')}`,
      formatFixed(scores.fitness),
      formatPercent(scores.accuracy),
      formatPercent(scores.likelihood),
      formatFixed(scores.agreement, 2),
      formatCount(scores.words),
    ],
    lead: number === best,
  }));
  out.write(renderTable(columns, rows, out));
  out.write(
    `\n${formatNumber(candidates.length, 'candidate')}, ${formatNumber(twins, 'twin')} left out; ${formatCount(calls.spent)} of at most ${formatNumber(calls.most, 'call')}.\n`,
  );
  if (retest !== undefined) {
    out.write(
      `Fitness on one half of the questions goes with that on the other half by a correlation of ${formatFixed(retest, 2)}.\n`,
    );
  }
  out.write(notes.map((note) => `${printable(note)}\n`).join(''));
  const { components } = candidates[best];
  const changed = [...members, 'All'].flatMap((name, i) =>
    components[i] === first.components[i] ? [] : [`${name}  ${printable(components[i])}\n`],
  );
  if (changed.length > 0) out.write(`\nWhat is new:\n${changed.join('')}`);
  if (made === undefined) return;
  const next =
    changed.length === 0
      ? 'It has the texts of the one it came from.'
      : `Next: polymath exam --council "${made.name}" --against "${from.name}"`;
  out.write(`\nCouncil ${printable(made.name)}. ${next}\n`);
}

function algorithmLines(): string {
  const width = Math.max(...algorithmData.map(({ name }) => name.length));
  return algorithmData.map(({ name, detail }) => `  ${name.padEnd(width)}  ${detail}\n`).join('');
}
