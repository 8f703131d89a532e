// Splitting by perplexity and training of all experts, beside the same idea written with PyTorch and PEFT (peft/method.py):
// node dist/bench/peft-method.js <folder of mixed-domains> --peft <python> [--documents <n>] [--test-documents <n>] [--prefix <tokens>]
// [--rounds <n>] [--round-tokens <n>] [--tokens <n>] [--starts best,random] [--seeds 1,2,3] [--threads 1] [--model bundled].
// Both sides get the same tokens and their experts are judged by the same rule here. With one thread seconds are those of the processor.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { scoringContext } from '../backend/evaluate/perplexity';
import { LanguageModel } from '../backend/model/language-model';
import { score } from '../backend/model/score';
import { findModel } from '../backend/model-files/source';
import { totalNats } from '../backend/mixing/evidence';
import { posteriorWeights } from '../backend/mixing/weightings/posterior/posterior';
import { contingency, qualityOf } from '../backend/split/describe/quality';
import { rowsPerStep } from '../backend/split/methods/em/m-step';
import { sizesOf } from '../backend/split/methods/em/perplexity-figures';
import { methodTable } from '../backend/split/methods/table';
import { splitBy } from '../backend/split/split-by';
import { defaultTraining } from '../backend/train/settings';
import { trainExperts } from '../backend/train/trainer';
import { createClock } from './clock';
import { cleanEnvironment } from './contender';
import { readFolder } from './corpus-folder';

/** Tokens of a test document by which an expert is chosen. */
const routing = 32;

const text = (value: string) => ({ type: 'string', default: value }) as const;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peft: { type: 'string' },
    documents: text('1000'),
    'test-documents': text('100'),
    prefix: text('64'),
    rounds: text('4'),
    'round-tokens': text('8000'),
    tokens: text('60000'),
    starts: text('best,random'),
    seeds: text('1,2,3'),
    threads: text('1'),
    model: text('bundled'),
  },
});
const [prefix, rounds, roundTokens, tokens, threads] = [
  options.prefix,
  options.rounds,
  options['round-tokens'],
  options.tokens,
  options.threads,
].map(Number);
const model = await LanguageModel.open((await findModel(options.model)).folder, { threads });
const clock = createClock(threads);
const corpus = await readFolder(positionals[0], model.tokenizer, Number(options.documents));
const gold = corpus.train.map(({ domain }) => domain ?? '');
const k = new Set(gold).size;
// As much of each test document as both sides read at once.
const test = corpus.test
  .slice(0, Number(options['test-documents']))
  .map((document) => document.tokens.subarray(0, scoringContext + 1));
const watch = { report: (): void => undefined, signal: new AbortController().signal };

/** What one side made of the corpus. */
interface Side {
  readonly name: string;
  /** The pile of each document [N]. */
  readonly piles: Int32Array;
  /** Nats [k, n] of each test document. */
  readonly losses: readonly Float32Array[];
  readonly seconds: { readonly split: number; readonly train: number; readonly elapsed: number };
  readonly note: string;
}

const ofBase = perplexities(await score(model, test), [1]);
process.stdout.write(
  `${corpus.train.length} documents, k = ${k}, ${test.length} test documents, ${threads} thread(s); base model: ${ofBase.join(' and ')}\n\n` +
    '| seed | | split, s | train, s | PEFT takes | elapsed, s | NMI | one expert by prefix | posterior mixture |\n' +
    '|---:|---|---:|---:|---:|---:|---:|---:|---:|\n',
);
for (const seed of options.seeds.split(',').map(Number)) {
  const theirs = options.peft === undefined ? undefined : peft(options.peft, seed);
  if (theirs !== undefined) tell(seed, theirs);
  for (const start of options.starts.split(',')) tell(seed, await ours(start, seed), theirs);
}
await model.dispose();

/** By the product's own path: the split as `polymath split em` makes it, experts as `polymath train` trains them. */
async function ours(start: string, seed: number): Promise<Side> {
  const [began, begin] = [performance.now(), clock()];
  const values = { prefix, rounds, tokensPerRound: roundTokens, start };
  const { assignments } = await splitBy(methodTable, 'em', { model, corpus, k, seed, watch }, values);
  const split = clock();
  const piles = Array.from({ length: k }, (_, e) => corpus.train.filter((_, d) => assignments[d] === e));
  const { stack } = await trainExperts(model, piles, tokens / k, { ...defaultTraining, seed }, watch);
  const [end, ended] = [clock(), performance.now()];
  const seconds = { split: split - begin, train: end - split, elapsed: (ended - began) / 1000 };
  const losses = await score(model, test, stack);
  return { name: `\`--start ${start}\``, piles: assignments, losses, seconds, note: '' };
}

/** What peft/method.py says. */
interface Said {
  readonly libraries: string;
  readonly piles: readonly number[];
  readonly seconds: {
    readonly score: number;
    readonly learn: number;
    readonly train: number;
    readonly elapsed: number;
  };
  readonly losses: readonly (readonly number[])[];
}

/** The same documents, experts and tokens in PyTorch. Throws where the program fails. */
function peft(python: string, seed: number): Side {
  const { expert, context, rows, learningRate } = defaultTraining;
  const work = {
    folder: model.folder,
    ...{ k, seed, prefix, threads },
    ...(expert === 'full' ? {} : { rank: expert.rank, alpha: expert.alpha }),
    rounds: { count: rounds, tokens: roundTokens, rows: rowsPerStep },
    final: { tokens: tokens / k, rows, context },
    rate: learningRate,
    documents: corpus.train.map((document) => [...document.tokens]),
    test: test.map((sequence) => [...sequence]),
  };
  const { status, stdout } = spawnSync(python, [join('bench', 'peft', 'method.py')], {
    input: JSON.stringify(work),
    stdio: ['pipe', 'pipe', 'inherit'],
    env: cleanEnvironment(),
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${python} bench/peft/method.py ended with ${status ?? 'a signal'}`);
  const { libraries, piles, seconds, losses } = JSON.parse(stdout.toString()) as Said;
  process.stderr.write(`${libraries}\n`);
  return {
    name: 'PEFT',
    piles: Int32Array.from(piles),
    losses: losses.map((all) => Float32Array.from(all)),
    seconds: { split: seconds.score + seconds.learn, train: seconds.train, elapsed: seconds.elapsed },
    note: ` (scoring ${seconds.score.toFixed(0)}, learning ${seconds.learn.toFixed(0)})`,
  };
}

function tell(seed: number, { name, piles, losses, seconds, note }: Side, theirs?: Side): void {
  const both = (side: Pick<Side, 'seconds'>): number => side.seconds.split + side.seconds.train;
  const ratio = theirs === undefined ? '' : `${(both(theirs) / both({ seconds })).toFixed(2)} ×`;
  const { nmi } = qualityOf(contingency(piles, gold, k));
  const shares = sizesOf(piles, k).map((size) => size / piles.length);
  const cells = [
    ...[seed, name, seconds.split.toFixed(1) + note, seconds.train.toFixed(1), ratio, seconds.elapsed.toFixed(0)],
    ...[nmi.toFixed(3), ...perplexities(losses, shares)],
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

/**
 * Of test documents, from nats [k, n] of each: of what follows the first 32 tokens under the expert that predicts these best, and of all
 * tokens under the posterior mixture of experts whose piles have these shares [k].
 */
function perplexities(losses: readonly Float32Array[], shares: readonly number[]): string[] {
  const weighting = posteriorWeights({ shares });
  const [routed, mixed] = [
    { nats: 0, tokens: 0 },
    { nats: 0, tokens: 0 },
  ];
  for (const nll of losses) {
    const n = nll.length / shares.length;
    const rows = shares.map((_, e) => nll.subarray(e * n, (e + 1) * n));
    const read = rows.map((row) => sumOf(row.subarray(0, routing)));
    routed.nats += sumOf(rows[read.indexOf(Math.min(...read))].subarray(routing));
    routed.tokens += Math.max(0, n - routing);
    mixed.nats += totalNats(weighting, [{ k: shares.length, n, nll }]);
    mixed.tokens += n;
  }
  return [routed, mixed].map(({ nats, tokens }) => Math.exp(nats / tokens).toFixed(2));
}

function sumOf(values: Float32Array): number {
  return values.reduce((a, b) => a + b, 0);
}
