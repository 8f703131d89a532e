// What perplexity EM finds from random piles, phase by phase: node dist/bench/method1.js <corpus.jsonl> [--k <n>] [--seeds 1,2,3]
// [--documents <n>] [--pseudo <tokens>] [--prefix <tokens>] [--starts <n>] [--model <name>] [--phases unigram,bias,gradients,em,words]. Lines have `text` and `domain`;
// a tenth of the documents are held out. `unigram` is a mixture of token unigrams fitted in the same way as phase 1 (`bias`) on the
// same tokens; `gradients` is k-means of documents' gradients; `em` is phase 2 from phase 1's piles; `words` is phase 2 from unigram EM's, which knows whole documents.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { TokenizedDocument } from '../backend/corpus/tokenized';
import { LanguageModel } from '../backend/model/language-model';
import { findModel } from '../backend/model-files/source';
import { splitHere } from '../backend/split/computing';
import { contingency, qualityOf } from '../backend/split/describe/quality';
import { gainPerToken, pileGains } from '../backend/split/methods/em/log-bias/gains';
import { fitLogBias } from '../backend/split/methods/em/log-bias/log-bias';
import { predictByFrequency, predictDocuments } from '../backend/split/methods/em/log-bias/predictions';
import { methodTable } from '../backend/split/methods/table';
import { splitBy } from '../backend/split/split-by';

const text = (value: string) => ({ type: 'string', default: value }) as const;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    k: text('6'),
    seeds: text('1,2,3'),
    documents: text('0'),
    prefix: text('64'),
    starts: text('2'),
    model: text('bundled'),
    pseudo: text('0'),
    phases: text('unigram,bias,em,words'),
    beta: text('measured'),
  },
});
const [k, prefix, starts, limit] = [options.k, options.prefix, options.starts, options.documents].map(Number);
const phases = options.phases.split(',');
const lines = (await readFile(positionals[0], 'utf8'))
  .trim()
  .split('\n')
  .slice(0, limit === 0 ? undefined : limit);
const rows = lines.map((line) => JSON.parse(line) as { readonly text: string; readonly domain: string });
const model = await LanguageModel.open((await findModel(options.model)).folder);
const watch = { report: (): void => undefined, signal: new AbortController().signal };
const documents = rows.map(({ text, domain }, i): TokenizedDocument & { readonly domain: string } => {
  return { id: String(i), text, domain, tokens: model.tokenizer.encode(text), bytes: Buffer.byteLength(text) };
});
const held = Math.floor(documents.length * 0.9);
const [train, validation] = [documents.slice(0, held), documents.slice(held)];
const gold = train.map(({ domain }) => domain);
const beginnings = (part: readonly TokenizedDocument[]) => part.map(({ tokens }) => tokens.subarray(0, prefix + 1));

process.stdout.write(`${train.length} documents, k = ${k}, ${prefix} tokens of each\n`);
process.stdout.write(
  '| seed | piles by | NMI | ARI | held out, nats per token above the base | CPU s |\n|---:|---|---:|---:|---:|---:|\n',
);
let read = cpuSeconds();
const predictions = await predictDocuments(model, beginnings(train), watch);
const others = await predictDocuments(model, beginnings(validation), watch);
read = cpuSeconds() - read;
const V = model.config.vocabularySize;
const sources = {
  unigram: [predictByFrequency(beginnings(train), V), predictByFrequency(beginnings(validation), V), 0],
  bias: [predictions, others, read],
} as const;
for (const seed of options.seeds.split(',').map(Number)) {
  const tell = (name: string, piles: Int32Array, heldOut: number | undefined, seconds: number): void => {
    const { nmi, ari } = qualityOf(contingency(piles, gold, k));
    const gain = heldOut === undefined ? '–' : heldOut.toFixed(4);
    process.stdout.write(
      `| ${seed} | ${name} | ${nmi.toFixed(3)} | ${ari.toFixed(3)} | ${gain} | ${seconds.toFixed(0)} |\n`,
    );
  };
  const heldOutOf = async (piles: Int32Array): Promise<number> =>
    gainPerToken(await pileGains(predictions, others, { k, piles: [piles] }, watch), 0);
  for (const name of ['unigram', 'bias'] as const) {
    if (!phases.includes(name)) continue;
    const [learned, judged, seconds] = sources[name];
    const began = cpuSeconds();
    const { posteriors } = await fitLogBias(
      learned,
      { k, seed, starts, ...(Number(options.pseudo) && { pseudoTokens: Number(options.pseudo) }) },
      watch,
    );
    const piles = Int32Array.from(train, (_, d) => highest(posteriors.subarray(d * k, (d + 1) * k)));
    const heldOut = gainPerToken(await pileGains(learned, judged, { k, piles: [piles] }, watch), 0);
    tell(name, piles, heldOut, seconds + cpuSeconds() - began);
  }
  if (phases.includes('gradients')) {
    const began = cpuSeconds();
    const task = { documents: beginnings(train), settings: { k, seed } };
    const { assignments } = await splitHere(model).gradients(task, watch);
    const seconds = cpuSeconds() - began;
    tell('gradients', assignments, await heldOutOf(assignments), seconds);
  }
  for (const [name, start] of [
    ['em', 'bias'],
    ['words', 'unigram'],
    ['best', 'best'],
  ] as const) {
    if (!phases.includes(name)) continue;
    const corpus = { name, train, validation, test: [] };
    const task = { model, corpus, k, seed, watch };
    if (name === 'words') {
      const began = cpuSeconds();
      const words = await splitBy(methodTable, 'unigram', task, {});
      tell('unigram EM', words.assignments, await heldOutOf(words.assignments), cpuSeconds() - began);
    }
    const began = cpuSeconds();
    const found = await splitBy(methodTable, 'em', task, { prefix, start, beta: options.beta });
    tell(name, found.assignments, await heldOutOf(found.assignments), cpuSeconds() - began);
    for (const { round, beta = 0, churn, logLikelihood = 0, validationLoss = 0 } of found.rounds ?? []) {
      const figures = `β ${beta.toFixed(4)}, churn ${churn.toFixed(3)}, loss ${(-logLikelihood).toFixed(4)}, validation ${validationLoss.toFixed(4)}`;
      process.stdout.write(`  round ${round}: ${figures}\n`);
    }
  }
}
await model.dispose();

/** Of this process, with its threads. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function highest(values: Float64Array): number {
  return values.indexOf(Math.max(...values));
}
