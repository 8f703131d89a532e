// Perplexity EM against what its experts learn from: node dist/bench/method1-curve.js <folder of mixed-domains> <points.jsonl>
// [--documents 100,300,…] [--tokens <per round and pile, …>] [--starts random,bias,unigram,gradients] [--seeds 1,2,3] [--prefix <tokens>]
// [--model <name>]. Every combination is a point, which the file gets as it is found; points that it has are not computed again.
// The folder has train.jsonl and validation.jsonl with a `domain` in every line; k is the number of domains.
import { parseArgs } from 'node:util';
import { LanguageModel } from '../backend/model/language-model';
import { findModel } from '../backend/model-files/source';
import { type SplitComputing, splitHere } from '../backend/split/computing';
import { contingency, qualityOf } from '../backend/split/describe/quality';
import { gainPerToken, isWorse, pileGains } from '../backend/split/methods/em/log-bias/gains';
import { type Predictions, predictDocuments } from '../backend/split/methods/em/log-bias/predictions';
import { bounded } from '../backend/split/methods/em/perplexity-em';
import { perplexitySettingsOf } from '../backend/split/methods/em/perplexity-settings';
import { emSettings } from '../backend/split/methods/em/settings';
import { methodTable } from '../backend/split/methods/table';
import { splitBy } from '../backend/split/split-by';
import { readFolder } from './corpus-folder';
import { addPoint, type Place, readPoints, samePlace, type StartName, startNames, type Worth } from './method1-points';

const text = (value: string) => ({ type: 'string', default: value }) as const;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    documents: text('100,300,1000,3000'),
    tokens: text(String(emSettings.tokensPerRound.usual())),
    starts: text('bias,unigram,gradients'),
    seeds: text('1,2,3'),
    prefix: text(String(emSettings.prefix.default)),
    model: text('bundled'),
  },
});
const [folder, out] = positionals;
const numbers = (list: string): number[] => list.split(',').map(Number);
const prefix = Number(options.prefix);
const model = await LanguageModel.open((await findModel(options.model)).folder);
const corpus = await readFolder(folder, model.tokenizer, Infinity);
const domains = [...new Set(corpus.train.map(({ domain }) => domain ?? ''))];
const k = domains.length;
const watch = { report: (): void => undefined, signal: new AbortController().signal };
const beginnings = (part: readonly { readonly tokens: Int32Array }[]) =>
  part.map(({ tokens }) => tokens.subarray(0, prefix + 1));
const known = await readPoints(out);
const heldOut = await predictDocuments(model, beginnings(corpus.validation), watch);
const predicted = new Map<number, Predictions>();

for (const seed of numbers(options.seeds)) {
  for (const documents of numbers(options.documents)) {
    for (const start of options.starts.split(',').filter(isStart)) {
      // A start is made once, whatever its experts learn from it.
      const computing = remembered(splitHere(model));
      for (const tokens of budgets(documents)) {
        const place = { model: options.model, prefix, start, documents, tokensPerRound: tokens, seed };
        if (known.some((point) => samePlace(point, place))) continue;
        await measure(place, computing);
      }
    }
  }
}
await model.dispose();

function isStart(name: string): name is StartName {
  if (Object.hasOwn(startNames, name)) return true;
  throw new Error(`${name} is no start: these are ${Object.keys(startNames).join(', ')}`);
}

/** Tokens per round without those that so many documents do not allow. */
function budgets(documents: number): Set<number> {
  const prefixes = beginnings(corpus.train.slice(0, documents));
  const settings = { ...perplexitySettingsOf({ literal: false, prefix }), k };
  return new Set(
    numbers(options.tokens).map((tokensPerRound) => bounded({ ...settings, tokensPerRound }, prefixes).tokensPerRound),
  );
}

/** Splits by the product's own path, and looks on the way at what the rounds begin with. */
async function measure(place: Place, computing: SplitComputing): Promise<void> {
  const train = corpus.train.slice(0, place.documents);
  const gold = train.map(({ domain }) => domain ?? '');
  let [began, seconds] = [new Int32Array(0), 0];
  const perplexityEm: SplitComputing['perplexityEm'] = async (given, part) => {
    const begin = cpuSeconds();
    const found = await computing.perplexityEm(given, part);
    seconds = cpuSeconds() - begin;
    began = Int32Array.from(given.settings.start?.assignments ?? train.keys(), (pile) => pile % k);
    return found;
  };
  // Without held-out documents of its own the split gives what the rounds found, better than the start or not.
  const bare = { name: 'curve', train, validation: [], test: [] };
  const task = { model, corpus: bare, k, seed: place.seed, watch, computing: { ...computing, perplexityEm } };
  const { start, tokensPerRound } = place;
  const { assignments, rounds = [] } = await splitBy(methodTable, 'em', task, { prefix, start, tokensPerRound });

  const piles = [began, assignments, Int32Array.from(gold, (domain) => domains.indexOf(domain))];
  const gains = await pileGains(await predictionsOf(place.documents), heldOut, { k, piles }, watch);
  const worth = (i: number): Worth => {
    const { nmi, ari } = qualityOf(contingency(piles[i], gold, k));
    return { nmi, ari, gain: gainPerToken(gains, i) };
  };
  const kept = start !== 'random' && isWorse(gains, 0, 1);
  const figures = { began: worth(0), found: worth(1), kept, goldGain: worth(2).gain, rounds: rounds.length, seconds };
  await addPoint(out, { ...place, ...figures });
  const { nmi, gain } = figures.found;
  process.stderr.write(
    `seed ${place.seed}, ${place.documents} documents, ${tokensPerRound} tokens, ${start}: NMI ${figures.began.nmi.toFixed(3)} → ${nmi.toFixed(3)}, gain ${figures.began.gain.toFixed(4)} → ${gain.toFixed(4)} (gold ${figures.goldGain.toFixed(4)}), ${seconds.toFixed(0)} s\n`,
  );
}

async function predictionsOf(documents: number): Promise<Predictions> {
  const made =
    predicted.get(documents) ?? (await predictDocuments(model, beginnings(corpus.train.slice(0, documents)), watch));
  predicted.set(documents, made);
  return made;
}

/** Makes the piles of a start once. */
function remembered({ logBias, gradients, ...rest }: SplitComputing): SplitComputing {
  return { ...rest, logBias: once(logBias), gradients: once(gradients) };
}

function once<A extends unknown[], T>(make: (...given: A) => Promise<T>): (...given: A) => Promise<T> {
  let made: Promise<T> | undefined;
  return (...given) => (made ??= make(...given));
}

/** Of this process, with its threads. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
