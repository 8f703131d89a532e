// What each part of perplexity EM is worth: node dist/bench/splitting.js <folder> [--seeds 1,2,3] [--documents <n>] [--tokens <n>]
// [--round-tokens <n>] [--only <words>]. The folder has train.jsonl, validation.jsonl and test.jsonl, with a "domain" in every line. One part of the default
// is changed at a time. Prints a table: agreement with the domains, dead experts, perplexity of the test documents under the expert
// that each is routed to after equal training, and seconds of splitting; mean over the seeds, least and largest of NMI.
import { parseArgs } from 'node:util';
import { contingency, qualityOf } from '../backend/cluster/quality';
import { perplexitySettingsOf } from '../backend/cluster/perplexity-settings';
import { splitBy } from '../backend/cluster/split-by';
import type { SplitOptions } from '../backend/cluster/split-options';
import { trainingDefaults } from '../backend/evaluate/defaults';
import { aggregatePerplexity } from '../backend/evaluate/statistics';
import { trainCommonAdapter, trainSplit } from '../backend/evaluate/systems';
import type { AdapterStack } from '../backend/model/adapter';
import { LanguageModel } from '../backend/model/language-model';
import { findModel } from '../backend/model/source';
import type { SplitMethod } from '../backend/protocol/report';
import type { SplitSpec } from '../backend/protocol/run';
import { readFolder } from './corpus-folder';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    documents: { type: 'string', default: '1500' },
    tokens: { type: 'string', default: '60000' },
    'round-tokens': { type: 'string', default: '24000' },
    only: { type: 'string', default: '' },
  },
});

type Parts = Partial<Pick<SplitSpec, 'beta' | 'balance' | 'start' | 'prefix' | 'rounds' | 'proxyLayers'>>;

interface Row {
  readonly name: string;
  readonly method: SplitMethod;
  readonly parts: Parts;
}

const em = (name: string, parts: Parts): Row => ({ name: `EM: ${name}`, method: 'em', parts });
const rows: readonly Row[] = [
  { name: 'random split', method: 'random', parts: {} },
  { name: 'k-means', method: 'kmeans', parts: {} },
  { name: 'unigram EM', method: 'unigram', parts: {} },
  { name: 'gold domains', method: 'gold', parts: {} },
  em('default', {}),
  em('balance: Sinkhorn', { balance: 'sinkhorn' }),
  em('balance: off', { balance: 'off' }),
  em('β: Bayes', { beta: 'bayes' }),
  em('β: literal', { beta: 'literal', start: 'unigram' }),
  em('start: k-means', { start: 'kmeans' }),
  em('start: random', { start: 'random' }),
  em('start: random; balance: Sinkhorn', { start: 'random', balance: 'sinkhorn' }),
  em('start: random; balance: off', { start: 'random', balance: 'off' }),
  em('start: random; β: Bayes', { start: 'random', beta: 'bayes' }),
  em('start: random; β: literal', { start: 'random', beta: 'literal' }),
  em('start: random; β: literal; balance: off', { start: 'random', beta: 'literal', balance: 'off' }),
  em('prefix: 32', { prefix: 32 }),
  em('prefix: 128', { prefix: 128 }),
  em('prefix: 256', { prefix: 256 }),
  em('proxy: first layer', { proxyLayers: 1 }),
  em('proxy: first 2 layers', { proxyLayers: 2 }),
];

const model = await LanguageModel.open((await findModel('bundled')).folder);
const corpus = await readFolder(positionals[0], model.tokenizer, Number(options.documents));
const domains = corpus.train.map(({ domain }) => domain ?? '');
const k = new Set(domains).size;
const seeds = options.seeds.split(',').map(Number);
const watch = { report: (): void => undefined, signal: new AbortController().signal };
const budget = (seed: number): Pick<typeof trainingDefaults, 'tokensPerSystem' | 'training'> => ({
  tokensPerSystem: Number(options.tokens),
  training: { ...trainingDefaults.training, seed },
});
const shared = new Map<number, AdapterStack>();
for (const seed of seeds) shared.set(seed, await trainCommonAdapter(model, corpus, budget(seed), watch));

/** Figures of one seed, in the order of the table. */
async function measure({ method, parts, name }: Row, seed: number): Promise<number[]> {
  const common = shared.get(seed);
  if (common === undefined) throw new Error(`nothing was trained for seed ${seed}`);
  const settings = perplexitySettingsOf({ literal: false, roundTokens: Number(options['round-tokens']), ...parts });
  const how: SplitOptions = { k, seed, em: settings, perplexity: parts };
  const split = await splitBy(method, model, corpus, how, watch);
  const { nmi, ari } = qualityOf(contingency(split.assignments, domains, k));
  const { scores } = await trainSplit(model, corpus, { ...split, name }, { ...budget(seed), common }, watch);
  const dead = split.piles.filter(({ size }) => size === 0).length;
  return [nmi, ari, dead, aggregatePerplexity(scores.routed).macroNats, split.seconds];
}

process.stdout.write(`${corpus.train.length} documents, k = ${k}, seeds ${seeds.join(', ')}\n\n`);
process.stdout.write('| | NMI | least to largest | ARI | dead experts | perplexity after training | s |\n');
process.stdout.write('|---|---:|---:|---:|---:|---:|---:|\n');
for (const row of rows.filter(({ name }) => name.includes(options.only))) {
  const figures: number[][] = [];
  for (const seed of seeds) figures.push(await measure(row, seed));
  const mean = (i: number): number => figures.reduce((sum, one) => sum + one[i], 0) / figures.length;
  const all = figures.map(([nmi]) => nmi);
  const range = [Math.min(...all), Math.max(...all)].map((nmi) => nmi.toFixed(3)).join(' to ');
  const [nmi, ari] = [mean(0), mean(1)].map((figure) => figure.toFixed(3));
  const perplexity = Math.exp(mean(3)).toFixed(2);
  process.stdout.write(
    `| ${row.name} | ${nmi} | ${range} | ${ari} | ${mean(2).toFixed(1)} | ${perplexity} | ${mean(4).toFixed(1)} |\n`,
  );
}
await model.dispose();
