/**
 * Compares a whole model with transformers and PEFT in PyTorch, same weights, float32:
 *
 *     npm run build && node dist/test/reference/main.js <model> --python <python> [--threads <n>]
 *
 * The Python needs the packages of bench/peft/requirements.txt. Compared are the logits of two texts, read at once and then token
 * by token, and the losses of 20 LoRA steps from the same start with the same batches. Prints what was found beside its limit
 * and fails where one is passed. Not part of `npm test`: it needs Python and a model.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { architectureOf } from '../../backend/model/architectures/table';
import { Decoder } from '../../backend/model/decoding/decoder';
import { LanguageModel } from '../../backend/model/language-model';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { score } from '../../backend/model/score';
import { TrainStep } from '../../backend/model/training/train-step';
import { type FloatTensor, readFloatTensors } from '../../backend/model/weights/floats';
import { defaultAdamW } from '../../backend/tensor/optimizer';

const limits = { logits: 1e-4, nll: 1e-4, losses: 1e-3 };
/** Two texts of 128 tokens, of which the first 64 are read at once; two rows of 128 tokens in each of 20 steps. */
const [texts, length, atOnce, rows, context, steps] = [2, 128, 64, 2, 128, 20];
const learningRate = 1e-3;

interface Work {
  readonly folder: string;
  readonly texts: readonly Int32Array[];
  readonly batches: readonly Int32Array[];
}

/** Real text, cut into rows: this repository's own documents. */
async function makeWork(model: LanguageModel, threads: number): Promise<Work> {
  const documents = ['README.md', 'ARCHITECTURE.md', 'test/README.md', 'docs/figures.md', 'docs/methods.md'];
  const text = (await Promise.all(documents.map((path) => readFile(path, 'utf8')))).join('\n');
  const tokens = model.tokenizer.encode(text);
  let at = 0;
  const take = (count: number): Int32Array => {
    if (at + count > tokens.length) throw new Error('the documents of this repository are too short');
    return tokens.slice(at, (at += count));
  };
  const folder = await mkdtemp(join(tmpdir(), 'polymath-reference-'));
  const work = {
    folder,
    texts: Array.from({ length: texts }, () => take(length)),
    batches: Array.from({ length: steps }, () => take(rows * (context + 1))),
  };
  const targets = new Set(
    architectureOf(model.config)
      .linears(model.config)
      .map(({ name }) => name),
  );
  const input = {
    threads,
    texts: work.texts.map((ids) => [...ids]),
    batches: work.batches.map((batch) =>
      Array.from({ length: rows }, (_, row) => [...batch.subarray(row * (context + 1), (row + 1) * (context + 1))]),
    ),
    ...{ rank: 8, alpha: 16, targets: [...targets], learningRate },
    ...{
      betas: [defaultAdamW.beta1, defaultAdamW.beta2],
      epsilon: defaultAdamW.epsilon,
      clipNorm: defaultAdamW.clipNorm,
    },
  };
  await writeFile(join(folder, 'input.json'), JSON.stringify(input));
  return work;
}

/** The largest difference between rows of logits, by the largest logit of its row. */
async function compareLogits(model: LanguageModel, work: Work, { data }: FloatTensor): Promise<number> {
  const V = model.config.vocabularySize;
  let worst = 0;
  for (const [i, ids] of work.texts.entries()) {
    const decoder = await Decoder.create(model);
    for (let t = atOnce - 1; t < length; t++) {
      const { logits } = await decoder.read(t < atOnce ? ids.subarray(0, atOnce) : ids.subarray(t, t + 1));
      const expected = data.subarray((i * length + t) * V, (i * length + t + 1) * V);
      const largest = expected.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
      logits.forEach((logit, v) => (worst = Math.max(worst, Math.abs(logit - expected[v]) / largest)));
    }
  }
  return worst;
}

/** The same of losses per token: here all tokens of a text go through at once. */
async function compareScores(model: LanguageModel, work: Work, { data }: FloatTensor): Promise<number> {
  const V = model.config.vocabularySize;
  const scored = await score(model, work.texts);
  let worst = 0;
  for (const [i, ids] of work.texts.entries()) {
    for (let t = 0; t < length - 1; t++) {
      const logits = data.subarray((i * length + t) * V, (i * length + t + 1) * V);
      const most = logits.reduce((a, b) => Math.max(a, b));
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
      const expected = most + Math.log(total) - logits[ids[t + 1]];
      worst = Math.max(worst, Math.abs(scored[i][t] - expected) / Math.max(1, expected));
    }
  }
  return worst;
}

async function compareTraining(model: LanguageModel, work: Work, expected: readonly number[]): Promise<number> {
  const stack = await loadAdapter(join(work.folder, 'adapter'), model.config);
  const step = await TrainStep.experts(model, stack, { optimizer: { ...defaultAdamW, weightDecay: 0 } });
  let worst = 0;
  for (const [i, tokens] of work.batches.entries()) {
    const { losses } = await step.run({ tokens, k: 1, B: rows, T: context }, learningRate);
    worst = Math.max(worst, Math.abs(losses[0] - expected[i]));
    console.log(`step ${String(i + 1).padStart(2)}   ${losses[0].toFixed(5)}   PyTorch ${expected[i].toFixed(5)}`);
  }
  await step.dispose();
  return worst;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string', default: 'python3' }, threads: { type: 'string' } },
});
const threads = Number(options.threads ?? availableParallelism());
const model = await LanguageModel.open(positionals[0] ?? 'models/polymath-base', { threads });
const work = await makeWork(model, threads);
execFileSync(options.python, ['test/reference/reference.py', model.folder, work.folder], { stdio: 'inherit' });
const logits = (await readFloatTensors(join(work.folder, 'logits.safetensors'))).get('logits');
const { losses, versions } = JSON.parse(await readFile(join(work.folder, 'losses.json'), 'utf8')) as {
  losses: number[];
  versions: Readonly<Record<string, string>>;
};
if (logits === undefined) throw new Error('reference.py wrote no logits');
const found = {
  logits: await compareLogits(model, work, logits),
  nll: await compareScores(model, work, logits),
  losses: await compareTraining(model, work, losses),
};
await rm(work.folder, { recursive: true });
console.log(`${model.name}, ${Object.entries(versions).flat().join(' ')}`);
for (const [name, value] of Object.entries(found)) {
  const limit = limits[name as keyof typeof limits];
  console.log(`${name.padEnd(8)} ${value.toExponential(1)}   limit ${limit}   ${value <= limit ? 'ok' : 'TOO FAR'}`);
  if (!(value <= limit)) process.exitCode = 1;
}
