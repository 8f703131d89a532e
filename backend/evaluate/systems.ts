/** Trains what is compared and scores it on the test documents. */
import type { TokenizedCorpus, TokenizedDocument } from '../corpus/tokenized';
import type { Evidence } from '../mixing/evidence';
import { fitWeighting } from '../mixing/fit';
import type { Fit, FittedWeighting } from '../mixing/weighting';
import { weightingNamed, type weightings } from '../mixing/weightings';
import { equalWeights } from '../mixing/weightings/uniform/uniform';
import { AdapterStack } from '../model/adapters/adapter';
import type { ExpertStack } from '../model/experts/stack';
import { mergeAdapters } from '../model/merging/adapter';
import { concatenation } from '../model/merging/methods/concatenation/concatenation';
import { windows } from '../model/score';
import { expertLetter } from '../base/letter';
import type { Routing } from '../protocol/routing';
import { renamed, type Watch } from '../base/progress';
import type { TrainingSettings } from '../train/settings';
import type { Computing } from './computing';
import { livingPiles } from '../split/living-piles';
import { expertScores, mixtureScores, pileScores, singleScores } from './perplexity';
import { routingOf } from './routing';
import type { DocumentScore } from './statistics';
import type { SplitResult } from '../split/result';

export interface SystemSettings {
  /** Training tokens of every system, all its experts together, or each of them. */
  readonly tokensPerSystem: number;
  readonly matched?: 'system' | 'expert';
  readonly training: TrainingSettings;
}

/** The experts of one split. */
export interface SplitExperts {
  readonly stack: ExpertStack;
  /** The number of each expert's pile: empty ones have none. */
  readonly piles: readonly number[];
  /** Share of the training documents in each of these. */
  readonly shares: readonly number[];
}

export type Scores = readonly DocumentScore[];

/** A weighting that was fitted to experts, as a project keeps it. */
export interface FittedSystem {
  /** What `openWeighting` reads. */
  readonly weights: unknown;
  readonly figures: FittedWeighting['figures'];
  /** Nats per token of the mixture on validation. */
  readonly validationNll: number;
}

const tokensOf = ({ tokens }: TokenizedDocument): Int32Array => tokens;

export async function scoreBase(
  computing: Computing,
  { test }: TokenizedCorpus,
  watch: Watch,
): Promise<DocumentScore[]> {
  const part = renamed(watch, 'Scoring the base model');
  return singleScores(test, await computing.losses(test.map(tokensOf), undefined, part));
}

/** One adapter trained on all documents, with the whole budget. */
export async function trainMonolithic(
  computing: Computing,
  { train, test }: TokenizedCorpus,
  { tokensPerSystem: tokens, training: settings }: SystemSettings,
  watch: Watch,
): Promise<DocumentScore[]> {
  const training = { piles: [train], tokens, settings, from: 'base' } as const;
  const stack = await computing.train(training, renamed(watch, 'Training: one model'));
  return singleScores(test, await computing.losses(test.map(tokensOf), stack, renamed(watch, 'Scoring one model')));
}

/** The same with k times the rank: as many trained parameters as k experts have. */
export function trainWide(
  computing: Computing,
  corpus: TokenizedCorpus,
  { k, training, ...budget }: SystemSettings & { readonly k: number },
  watch: Watch,
): Promise<DocumentScore[]> {
  const { expert } = training;
  const wide = expert === 'full' ? expert : { ...expert, rank: k * expert.rank };
  return trainMonolithic(computing, corpus, { ...budget, training: { ...training, expert: wide } }, watch);
}

/** The adapter that the experts of every split branch from. */
export function trainCommonAdapter(
  computing: Computing,
  { train }: TokenizedCorpus,
  { tokensPerSystem, training: settings }: SystemSettings,
  watch: Watch,
): Promise<ExpertStack> {
  const tokens = settings.seedShare * tokensPerSystem;
  const training = { piles: [train], tokens, settings, from: 'base' } as const;
  return computing.train(training, renamed(watch, 'Training: what all experts share'));
}

/** One expert per pile that has texts, branched from the common adapter. */
export async function trainSplit(
  computing: Computing,
  { train }: TokenizedCorpus,
  split: { readonly name: string; readonly assignments: Int32Array; readonly k: number },
  { tokensPerSystem, matched, training: settings, common }: SystemSettings & { readonly common: ExpertStack },
  watch: Watch,
): Promise<SplitExperts> {
  const { assignments, k, name } = split;
  const { piles, experts } = livingPiles(assignments, k, train.map(tokensOf));
  const texts = piles.map((_, e) => train.filter((_, d) => experts[d] === e));
  const tokens = matched === 'expert' ? piles.length * tokensPerSystem : tokensPerSystem;
  const training = { piles: texts, letters: piles.map(expertLetter), tokens, settings, from: common };
  const stack = await computing.train(training, renamed(watch, `Training: ${name}`));
  return { stack, piles, shares: texts.map((pile) => pile.length / train.length) };
}

export type FitByName = Readonly<Record<string, Fit & { readonly validationNll: number }>>;

/** The named weightings, each fitted to the experts of a split. Throws UserError where one is unknown or cannot be fitted. */
export async function fitTo(
  computing: Computing,
  corpus: TokenizedCorpus,
  {
    stack,
    piles,
    shares,
    assignments,
    space,
    file,
  }: SplitExperts & Pick<SplitResult, 'assignments' | 'space'> & { readonly file: string | undefined },
  {
    names,
    entries,
    seed,
  }: { readonly names: readonly string[]; readonly entries: typeof weightings; readonly seed: number },
  watch: Watch,
): Promise<FitByName> {
  const first = ({ tokens }: TokenizedDocument): Int32Array => windows(tokens, mixerContext)[0] ?? tokens;
  const training = { documents: corpus.train.map(first), piles: assignments.map((pile) => piles.indexOf(pile)) };
  const validation = corpus.validation.map(first);
  const place =
    space === undefined ? {} : { space: { ...(file && { file }), piles, read: () => Promise.resolve(space) } };
  const reading = await computing.reading(stack, watch);
  const given = { model: computing.model, stack, reading, seed, shares, training, validation, ...place };
  const fits: Record<string, FitByName[string]> = {};
  for (const name of new Set(names)) fits[name] = await fitWeighting(weightingNamed(name, entries), given, watch);
  return fits;
}

export interface MixtureScores {
  /** By the names of the weightings; of each the other forms that were tried, by their labels. */
  readonly scores: Readonly<Record<string, Scores>>;
  readonly tried: Readonly<Record<string, Readonly<Record<string, Scores>>>>;
  /** How well the weights of each find the best expert. */
  readonly routing: Readonly<Record<string, Routing>>;
  readonly single: readonly Scores[];
  /** Of each expert on the documents of each pile (`pileScores`). */
  readonly byPile: readonly Scores[];
  readonly uniform: Scores;
  readonly oracle: Scores;
  readonly tokenOracle: Scores;
}

/**
 * What experts make of texts, alone and under each weighting. They read the texts once, and once more for each weighting after the first
 * that reads more than losses: hidden states, whole distributions, or the base model.
 */
export async function scoreMixtures(
  computing: Computing,
  texts: readonly TokenizedDocument[],
  { stack, shares }: Pick<SplitExperts, 'stack' | 'shares'>,
  fits: Readonly<Record<string, Fit>>,
  { name, watch }: { readonly name: string; readonly watch: Watch },
): Promise<MixtureScores> {
  const sequences = texts.map(tokensOf);
  const part = renamed(watch, `Scoring: ${name}`);
  const text = Object.values(fits).some(({ weighting }) => weighting.needs.text === true);
  const read = (weighting: FittedWeighting): Promise<Evidence[][]> => {
    const needs = { ...weighting.needs, ...(text && { text }) };
    return computing.evidence(sequences, stack, { ...weighting, needs }, part);
  };
  // What is read for one of these serves those that look at losses and texts of the experts alone.
  const readsMore = ({ needs, base, exponents }: FittedWeighting): boolean =>
    needs.hidden !== undefined || base !== undefined || exponents !== undefined;
  const ordered = Object.entries(fits).sort(
    ([, a], [, b]) => Number(readsMore(b.weighting)) - Number(readsMore(a.weighting)),
  );
  const scores: Record<string, Scores> = {};
  const tried: Record<string, Record<string, Scores>> = {};
  const routing: Record<string, Routing> = {};
  let evidence: Evidence[][] | undefined;
  for (const [id, { weighting, tried: others = new Map<string, FittedWeighting>() }] of ordered) {
    if (evidence === undefined || readsMore(weighting)) evidence = await read(weighting);
    const shared = evidence;
    scores[id] = mixtureScores(texts, shared, weighting);
    routing[id] = routingOf(shared, weighting);
    tried[id] = Object.fromEntries([...others].map(([label, one]) => [label, mixtureScores(texts, shared, one)]));
  }
  evidence ??= await read(equalWeights(stack.count));
  const uniform = mixtureScores(texts, evidence, equalWeights(stack.count));
  const byPile = pileScores(texts, evidence, shares);
  return { scores, tried, routing, uniform, byPile, ...expertScores(texts, evidence, stack.count) };
}

/** One model of the experts: the exact average of what they change (a soup of adapters, Wortsman et al. 2022). */
export async function scoreMerged(
  computing: Computing,
  { test }: TokenizedCorpus,
  { stack }: Pick<SplitExperts, 'stack'>,
  watch: Watch,
): Promise<DocumentScore[]> {
  const experts = stack.lanes.flatMap((lane) => {
    if (!(lane instanceof AdapterStack)) throw new Error('only adapters are merged in a comparison');
    return Array.from({ length: lane.count }, (_, i) => ({ expert: lane.part(i, 1), weight: 1 / stack.count }));
  });
  const asked = { seed: 0, watch: renamed(watch, 'Merging the experts') };
  const merged = await mergeAdapters(computing.model.config, experts, concatenation.factors(), asked);
  return singleScores(
    test,
    await computing.losses(test.map(tokensOf), merged, renamed(watch, 'Scoring the merged model')),
  );
}

// The mixer decides within the first sentences; longer stretches would only cost time.
export const mixerContext = 128;
