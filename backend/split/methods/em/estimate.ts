import { createRandom } from '../../../base/random';
import { defaultLora } from '../../../model/adapters/adapter';
import { readInOtherOrders } from '../../describe/word-order';
import { kmeansByWords } from '../kmeans/kmeans';
import type { ExpectedSplit } from '../split-method';
import { type PerplexityEmSettings, perplexitySettingsOf } from './perplexity-settings';
import { unigramByWords } from '../unigram/unigram';
import { leadingDirections } from './gradients/features';
import { gradientAdapter, gradientBytes, gradientWidth, learnedFrom, slots } from './gradients/shape';
import { emData, type EmValues, type StartCompared } from './settings';

/** Documents that the base model reads to find those that fit no pile. */
const readForOutliers = (documents: number): number => documents + readInOtherOrders(documents);

/** What perplexity EM takes; trained experts that are kept only read. */
export async function estimate(expected: ExpectedSplit, values: EmValues): Promise<void> {
  const { k, documents, experts, work } = expected;
  const settings = perplexitySettingsOf(values);
  if (experts !== undefined) {
    const { count, expert, keep } = experts;
    await work.read(documents.train, count, { expert }, settings.prefix);
    if (keep) return work.read(readForOutliers(documents.train), 0, { expert }, settings.prefix);
  }
  const { start = emData.settings.start.usual(values), restarts = emData.settings.restarts.usual() } = values;
  const has = (name: StartCompared): boolean => experts === undefined && (start === name || start === 'best');
  const byWords = has('unigram');
  // After unigram EM few documents move, and one round is all.
  const rounds = byWords && !values.literal ? 1 : settings.rounds;
  for (let run = 0; run < restarts; run++) {
    // Log-bias experts read what the base model expects at every token.
    if (has('bias')) {
      await work.read(documents.train + documents.validation, 0, { expert: defaultLora }, settings.prefix);
    }
    if (experts === undefined && start === 'gradients') await addGradients(expected, settings.prefix);
    await addRun(expected, { ...settings, rounds, k });
    // What is found is held against what it began with.
    if (!values.literal)
      await work.read(documents.train + documents.validation, 0, { expert: defaultLora }, settings.prefix);
  }
  const words = { k, seed: 1 };
  if (byWords) {
    await work.onTexts(restarts * documents.train, (texts) => unigramByWords(texts, words));
  }
  if (has('kmeans')) {
    await work.onTexts(restarts * documents.train, (texts) => kmeansByWords(texts, words));
  }
  // Rounds end where few documents move any more.
  if (rounds > 1 && settings.block === undefined) work.mayEndEarlier();
}

/** Each document is learned from once, and directions are sought in what that gave. */
async function addGradients(
  { config, k, documents: { train }, meanLength, work }: ExpectedSplit,
  prefix: number,
): Promise<void> {
  const shape = { k: slots, expert: gradientAdapter(config, train), rows: 1, context: prefix };
  await work.train(train * meanLength(prefix), shape);
  await work.onTexts(learnedFrom(config, train), ({ length: count }) => {
    const width = gradientWidth(config, shape.expert);
    const random = createRandom(1);
    const values = new Float32Array(count * width).map(() => random.uniform());
    return Promise.resolve(leadingDirections({ count, width, values }, { k, seed: 1 }));
  });
  work.hold(gradientBytes(config, train));
}

/** Adds one run from its start to its end. */
async function addRun(
  { documents: { train, validation }, meanLength, work }: ExpectedSplit,
  { k, folds, expert, prefix, rounds, tokensPerRound, commonTokens }: Omit<PerplexityEmSettings, 'seed'>,
): Promise<void> {
  const length = meanLength(prefix);
  const all = 3 * train * length;
  if (commonTokens > 0) await work.train(Math.min(commonTokens, all), { k: 1, expert, rows: 1, context: prefix });
  const learned = Math.min(tokensPerRound * k, all) * rounds;
  await work.train(learned, { k: k * folds, expert, rows: 4, context: prefix });
  for (let round = 0; round < rounds; round++) {
    await work.read(train, k, { expert }, prefix);
    await work.read(validation, k, { expert }, prefix);
  }
  await work.read(readForOutliers(train), 0, { expert }, prefix);
}
