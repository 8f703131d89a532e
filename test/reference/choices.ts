/**
 * Compares how probable the choices of questions are, as exams judge them, with transformers:
 *
 *     npm run build && node dist/test/reference/choices.js <model folder> <questions.jsonl> [--python <python>] [--questions 100]
 *
 * Each line of the file has `question` and `choices`. Fails where the most probable choice differs, or the nats of a choice by more
 * than 1e-3. Not part of `npm test`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fits, openingOf } from '../../backend/answer/prompt';
import { singleAnswerer } from '../../backend/answer/single';
import { choiceText, cutToFit, questionPrompt } from '../../backend/council/questions';
import { LanguageModel } from '../../backend/model/language-model';

const limit = 1e-3;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string', default: 'python3' }, questions: { type: 'string', default: '100' } },
});
const [folder, file] = positionals.map((path) => resolve(path));
const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean).slice(0, Number(values.questions));
const questions = lines.map((line) => JSON.parse(line) as { question: string; choices: string[] });
const model = await LanguageModel.open(folder);
const chats = model.chat.hasTemplate;
const answerer = singleAnswerer({ model, stack: undefined, experts: ['base'] });
const asked: { opening: number[]; choices: number[][] }[] = [];
const nats: number[][] = [];
for (const { question, choices } of questions) {
  const texts = choices.map((choice) => choiceText(choice, chats));
  const tokens = texts.map((text) => model.tokenizer.tokens(text));
  const longest = Math.max(...tokens.map(({ length }) => length));
  const promptOf = (part: string) => questionPrompt(part, { chats });
  const after = promptOf(cutToFit(question, (part) => fits(model, promptOf(part), longest)).question);
  const scored = await answerer.score(texts.map((text) => ({ text, after })));
  nats.push(scored.map((own) => own.reduce((sum, n) => sum + n, 0)));
  const opening = openingOf(model, after, { shorten: true, maxTokens: longest });
  asked.push({ opening: [...opening.tokens], choices: tokens.map((own) => [...own]) });
}
await model.dispose();

const work = await mkdtemp(join(tmpdir(), 'polymath-choices-'));
try {
  const [input, output] = [join(work, 'asked.json'), join(work, 'nats.json')];
  await writeFile(input, JSON.stringify(asked));
  execFileSync(values.python, [resolve('test/reference/choices.py'), folder, input, output], { stdio: 'inherit' });
  compare(JSON.parse(await readFile(output, 'utf8')) as number[][]);
} finally {
  await rm(work, { recursive: true });
}

function compare(theirs: readonly (readonly number[])[]): void {
  let [largest, others, apart] = [0, 0, 0];
  nats.forEach((own, q) => {
    own.forEach((value, c) => (largest = Math.max(largest, Math.abs(value - theirs[q][c]))));
    if (own.indexOf(Math.min(...own)) === theirs[q].indexOf(Math.min(...theirs[q]))) return;
    others++;
    const sorted = [...theirs[q]].sort((a, b) => a - b);
    apart = Math.max(apart, sorted[1] - sorted[0]);
  });
  console.log(
    `${nats.length} questions: nats of a choice differ by ${largest.toExponential(1)} at most (limit ${limit}); ${others} other choices${others > 0 ? `, ${apart.toExponential(1)} nats apart` : ''}.`,
  );
  if (largest > limit || others > 0) process.exitCode = 1;
}
