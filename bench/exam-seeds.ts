// Exams of several training seeds as one table: node dist/bench/exam-seeds.js <exam.json> <exam.json> …
// Each file is what `polymath exam --json` wrote of the same questions (one `--seed` for all exams draws them) and rows; intervals are over seeds and questions, differences are
// those of the row of --of (the first one by default) to every row.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { smallestFound } from '../backend/evaluate/exam';
import { pairedBootstrap, type SeedScores } from '../backend/evaluate/intervals';
import { type ExamTable, examTable } from '../backend/protocol/exam';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { of: { type: 'string', default: '' } } });
const exams = await Promise.all(
  positionals.map(async (path) => examTable.parse(JSON.parse(await readFile(path, 'utf8')))),
);
const [first] = exams;
// Experts have other letters from seed to seed.
const rowNames = (exam: ExamTable): string[] =>
  exam.rows.map(({ name }) => name.replace(/^expert [A-Z]+ /, 'best expert '));
const names = rowNames(first).filter((name) => exams.every((exam) => rowNames(exam).includes(name)));
const reference = wrongsOf(values.of === '' ? names[0] : values.of);

console.log(`| who answers | right | seed by seed | ${values.of || names[0]} minus this | calls | tokens |`);
console.log('|---|---:|---|---:|---:|---:|');
for (const name of names) {
  const wrong = wrongsOf(name);
  const nothing = wrong.map((scores) => scores.map((score) => ({ ...score, nll: 0 })));
  const accuracy = pairedBootstrap(wrong, nothing);
  const difference = pairedBootstrap(reference, wrong);
  const each = wrong.map((scores) =>
    percent(1 - pairedBootstrap([scores], [scores.map((s) => ({ ...s, nll: 0 }))]).deltaNats),
  );
  const { calls, tokens } = first.rows[rowNames(first).indexOf(name)];
  const points = (value: number): string => (-100 * value).toFixed(1);
  const right = `${percent(1 - accuracy.deltaNats)} (${percent(1 - accuracy.hi)} to ${percent(1 - accuracy.lo)})`;
  const told =
    wrong === reference || difference.lo === difference.hi
      ? ''
      : `${points(difference.deltaNats)} (${points(difference.hi)} to ${points(difference.lo)}); least found ${(100 * smallestFound(difference)).toFixed(1)}`;
  console.log(`| ${name} | ${right} | ${each.join(', ')} | ${told} | ${calls} | ${tokens.toFixed(0)} |`);
}

/** Of each seed, each question as a document of one token that costs 1 where the answer was wrong. */
function wrongsOf(name: string): SeedScores {
  return exams.map((exam) => {
    const row = exam.rows[rowNames(exam).indexOf(name)];
    return exam.asked.map(({ id, domain }, q) => ({
      id,
      domain,
      nll: Number(row.right[q] === '0'),
      tokens: 1,
      bytes: 1,
    }));
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
