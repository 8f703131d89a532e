/** The whole comparison: every way to split, the experts of each, the mixture, and the controls, seed by seed. */
import type { Group } from '../split/constraints/constraints';
import type { Wanted } from '../base/settings';
import type { emSettings } from '../split/methods/em/settings';
import { methodTable } from '../split/methods/table';
import type { SplitResult } from '../split/result';
import { splitBy } from '../split/split-by';
import { probe } from '../mixing/weightings/probe';
import type { TokenizedCorpus } from '../corpus/tokenized';
import { type AdapterStack, stackCodec } from '../model/adapters/adapter';
import type { ModelConfig } from '../model/architectures/config';
import type { LanguageModel } from '../model/language-model';
import { type Codec, once, plainCodec, type State } from '../base/checkpoint';
import type { Watch } from '../base/progress';
import type { SplitMethod, System } from '../protocol/report';
import type { DocumentScore } from './statistics';
import {
  type MixtureSystem,
  scoreBase,
  type SplitSystem,
  type SystemSettings,
  trainCommonAdapter,
  trainMixture,
  trainMonolithic,
  trainSplit,
} from './systems';

/** What a comparison splits by: a guide has a budget of its own, and is not among them. */
type ComparedMethod = SplitMethod & System;

export interface ComparisonSettings extends SystemSettings {
  readonly k: number;
  readonly seeds: readonly number[];
  /** Of perplexity EM. */
  readonly em: Wanted<typeof emSettings> & { readonly prefix: number };
  /** What people said of the training documents: every split keeps to it. */
  readonly groups?: readonly Group[];
}

/** What one seed gave. */
export interface SeedOutcome {
  readonly splits: Partial<Record<SplitMethod, SplitResult>>;
  /** Test scores of every system that could be made; `gold` is missing where the corpus has no domains. */
  readonly scores: Partial<Record<System, readonly DocumentScore[]>>;
  /** The perplexity-EM experts and their mixture. */
  readonly experts: SplitSystem;
  readonly mixture: MixtureSystem;
  /** Test scores of other ways to weigh the perplexity-EM experts. */
  readonly variants: Readonly<Record<string, readonly DocumentScore[]>>;
}

/** What a project goes on with: the experts of the last seed and their mixer. */
export interface FinalExperts {
  readonly split: SplitResult;
  readonly stack: AdapterStack;
  readonly shares: readonly number[];
  readonly mixture: MixtureSystem;
}

/** Runs the comparison for every seed. Throws the signal's reason when it is aborted. */
export async function compareSystems(
  model: LanguageModel,
  corpus: TokenizedCorpus,
  settings: ComparisonSettings,
  watch: Watch,
): Promise<{ outcomes: SeedOutcome[]; final: FinalExperts }> {
  const base = await once(watch, 'base', plainCodec<DocumentScore[]>(), () => scoreBase(model, corpus, watch));
  const outcomes: SeedOutcome[] = [];
  for (const seed of settings.seeds) {
    const one = { ...settings, seed, base };
    outcomes.push(
      await once(watch, `seed ${seed}`, outcomeCodec(model.config), (part) => runSeed(model, corpus, one, part)),
    );
  }
  const last = outcomes[outcomes.length - 1];
  const split = last.splits.em;
  if (split === undefined) throw new Error('the comparison made no perplexity split');
  const { stack, shares } = last.experts;
  return { outcomes, final: { split, stack, shares, mixture: last.mixture } };
}

async function runSeed(
  model: LanguageModel,
  corpus: TokenizedCorpus,
  settings: ComparisonSettings & { readonly seed: number; readonly base: readonly DocumentScore[] },
  watch: Watch,
): Promise<SeedOutcome> {
  const { k, seed, base, em, groups = [] } = settings;
  const budget = { ...settings, training: { ...settings.training, seed } };
  const labelled = corpus.train.every(({ domain }) => domain !== undefined);
  const methods: readonly ComparedMethod[] = [
    'random',
    'kmeans',
    'unigram',
    'em',
    ...(labelled ? (['gold'] as const) : []),
  ];

  const splits: Partial<Record<SplitMethod, SplitResult>> = {};
  for (const method of methods) {
    splits[method] = await once(watch, `split ${method}`, plainCodec<SplitResult>(), (part) =>
      splitBy(methodTable, method, { model, corpus, k, seed, groups, watch: part }, em),
    );
  }
  const scores: Partial<Record<System, readonly DocumentScore[]>> = { base };
  scores.monolithic = await once(watch, 'monolithic', plainCodec<DocumentScore[]>(), (part) =>
    trainMonolithic(model, corpus, budget, part),
  );
  const common = await once(watch, 'common', stackCodec(model.config), (part) =>
    trainCommonAdapter(model, corpus, budget, part),
  );
  const system = { ...budget, common };
  const trained = new Map<ComparedMethod, SplitSystem>();
  for (const method of methods) {
    const split = splits[method];
    if (split === undefined) continue;
    const experts = await once(watch, `experts ${method}`, systemCodec(model.config), (part) =>
      trainSplit(model, corpus, { ...split, name: `${method} split` }, system, part),
    );
    trained.set(method, experts);
    scores[method] = experts.scores.routed;
  }
  const experts = trained.get('em');
  const split = splits.em;
  if (experts === undefined || split === undefined) throw new Error('the comparison made no perplexity split');
  const mixture = await trainMixture(model, corpus, { ...experts, ...split }, probe, seed, watch);
  scores.mixture = mixture.scores;
  return { splits, scores, experts, mixture, variants: weighingVariants(experts, mixture) };
}

/** How the experts of a split, and all that a seed gave, are kept in a checkpoint. */
function systemCodec(config: ModelConfig): Codec<SplitSystem> {
  const stacks = stackCodec(config);
  return {
    save: ({ stack, ...rest }) => ({ stack: stacks.save(stack), rest }),
    restore: ({ stack, rest }) => ({ ...(rest as Omit<SplitSystem, 'stack'>), stack: stacks.restore(stack as State) }),
  };
}

function outcomeCodec(config: ModelConfig): Codec<SeedOutcome> {
  const systems = systemCodec(config);
  return {
    save: ({ experts, ...rest }) => ({ experts: systems.save(experts), rest }),
    restore: ({ experts, rest }) => ({
      ...(rest as Omit<SeedOutcome, 'experts'>),
      experts: systems.restore(experts as State),
    }),
  };
}

function weighingVariants(experts: SplitSystem, mixture: MixtureSystem): Record<string, readonly DocumentScore[]> {
  const { routed, posterior, uniform, oracle } = experts.scores;
  return {
    'one expert by prefix posterior': routed,
    'posterior of the prefix': posterior,
    ...mixture.tried,
    'equal weights': uniform,
    'best expert of each document (oracle)': oracle,
  };
}
