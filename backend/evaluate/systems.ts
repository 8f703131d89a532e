/** Trains what is compared and scores it on the test documents. */
import type { TokenizedCorpus, TokenizedDocument } from '../corpus/tokenized';
import { fitWeighting } from '../mixing/evidence';
import type { FittedWeighting, Weighting } from '../mixing/weighting';
import type { AdapterStack } from '../model/adapters/adapter';
import type { LanguageModel } from '../model/language-model';
import { windows } from '../model/score';
import { renamed, type Watch } from '../base/progress';
import type { TrainingSettings } from '../train/settings';
import { branchExperts, trainCommon, trainExperts } from '../train/trainer';
import {
  type ExpertScores,
  expertScores,
  mixtureScores,
  scoringContext,
  singleScores,
  stretchEvidence,
  stretchLosses,
} from './perplexity';
import type { DocumentScore } from './statistics';
import type { SplitResult } from '../split/result';

export interface SystemSettings {
  /** Training tokens of every system, all its experts together. */
  readonly tokensPerSystem: number;
  readonly training: TrainingSettings;
}

/** The experts of one split and what they make of the test documents. */
export interface SplitSystem {
  readonly stack: AdapterStack;
  readonly scores: ExpertScores;
  /** Share of the training documents in each pile. */
  readonly shares: readonly number[];
}

/** The experts of a split under a weighting that was fitted to them. */
export interface MixtureSystem {
  /** What `openWeighting` reads. */
  readonly weights: unknown;
  readonly figures: FittedWeighting['figures'];
  /** Nats per token on validation. */
  readonly validationNll: number;
  readonly scores: readonly DocumentScore[];
  /** Scores of other forms of the weighting that were tried. */
  readonly tried: Readonly<Record<string, readonly DocumentScore[]>>;
}

/** Reports how many of the sequences of the test part are scored. */
function scoring(watch: Watch, stage: string, texts: readonly TokenizedDocument[]): (count: number) => void {
  const total = texts.reduce((sum, { tokens }) => sum + Math.ceil((tokens.length - 1) / scoringContext), 0);
  let done = 0;
  return (count) => {
    watch.signal.throwIfAborted();
    done += count;
    watch.report({ stage, done, total, unit: 'texts' });
  };
}

export function scoreBase(model: LanguageModel, corpus: TokenizedCorpus, watch: Watch): Promise<DocumentScore[]> {
  return scoreSingle(model, corpus.test, undefined, scoring(watch, 'Scoring the base model', corpus.test));
}

async function scoreSingle(
  model: LanguageModel,
  texts: readonly TokenizedDocument[],
  adapter: AdapterStack | undefined,
  onBatch: (sequences: number) => void,
): Promise<DocumentScore[]> {
  return singleScores(texts, await stretchLosses(model, texts.map(tokensOf), adapter, onBatch));
}

const tokensOf = ({ tokens }: TokenizedDocument): Int32Array => tokens;

/** One adapter trained on all documents, with the whole budget. */
export async function trainMonolithic(
  model: LanguageModel,
  corpus: TokenizedCorpus,
  { tokensPerSystem, training }: SystemSettings,
  watch: Watch,
): Promise<DocumentScore[]> {
  const texts = corpus.train.map(({ tokens }) => tokens);
  const { stack } = await trainExperts(
    model,
    [texts],
    tokensPerSystem,
    training,
    renamed(watch, 'Training: one model'),
  );
  return scoreSingle(model, corpus.test, stack, scoring(watch, 'Scoring one model', corpus.test));
}

/** The adapter that the experts of every split branch from. */
export function trainCommonAdapter(
  model: LanguageModel,
  corpus: TokenizedCorpus,
  { tokensPerSystem, training }: SystemSettings,
  watch: Watch,
): Promise<AdapterStack> {
  const texts = corpus.train.map(({ tokens }) => tokens);
  return trainCommon(model, texts, tokensPerSystem, training, renamed(watch, 'Training: what all experts share'));
}

/** One expert per pile, branched from the common adapter. */
export async function trainSplit(
  model: LanguageModel,
  corpus: TokenizedCorpus,
  split: { readonly name: string; readonly assignments: Int32Array; readonly k: number },
  { tokensPerSystem, training, common }: SystemSettings & { readonly common: AdapterStack },
  watch: Watch,
): Promise<SplitSystem> {
  const { assignments, k, name } = split;
  const piles = Array.from({ length: k }, (_, e) =>
    corpus.train.filter((_document, d) => assignments[d] === e).map(({ tokens }) => tokens),
  );
  const { stack } = await branchExperts(
    model,
    piles,
    tokensPerSystem,
    training,
    renamed(watch, `Training: ${name}`),
    common,
  );
  const shares = piles.map((pile) => pile.length / corpus.train.length);
  const onBatch = scoring(watch, `Scoring: ${name}`, corpus.test);
  const losses = await stretchLosses(model, corpus.test.map(tokensOf), stack, onBatch);
  return { stack, shares, scores: expertScores(corpus.test, losses, shares) };
}

/** A weighting of one split's experts, and their mixture on the test documents. */
export async function trainMixture(
  model: LanguageModel,
  corpus: TokenizedCorpus,
  {
    stack,
    shares,
    assignments,
    space,
  }: Pick<SplitSystem, 'stack' | 'shares'> & Pick<SplitResult, 'assignments' | 'space'>,
  entry: Weighting,
  seed: number,
  watch: Watch,
): Promise<MixtureSystem> {
  const first = ({ tokens }: TokenizedDocument): Int32Array => windows(tokens, mixerContext)[0] ?? tokens;
  const training = { documents: corpus.train.map(first), piles: assignments };
  const validation = corpus.validation.map(first);
  const place = space === undefined ? {} : { space: { read: () => Promise.resolve(space) } };
  const given = { model, stack, seed, shares, training, validation, ...place };
  const {
    weighting,
    validationNll,
    tried = new Map<string, FittedWeighting>(),
  } = await fitWeighting(entry, given, watch);
  const onBatch = scoring(watch, 'Scoring the mixture', corpus.test);
  const evidence = await stretchEvidence(model, corpus.test.map(tokensOf), stack, weighting.needs, onBatch);
  const scoresOf = (one: FittedWeighting): DocumentScore[] => mixtureScores(corpus.test, evidence, one);
  return {
    weights: weighting.toJson(),
    figures: weighting.figures,
    validationNll,
    scores: scoresOf(weighting),
    tried: Object.fromEntries([...tried].map(([name, one]) => [name, scoresOf(one)])),
  };
}

// The mixer decides within the first sentences; longer stretches would only cost time.
export const mixerContext = 128;
