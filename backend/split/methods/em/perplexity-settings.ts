import { defaultLora } from '../../../model/adapters/adapter';
import type { ExpertSettings } from '../../../model/experts/forms';
import type { Group } from '../../constraints/constraints';
import { emSettings, type EmValues } from './settings';

/** How perplexity EM goes about it. */
export interface PerplexityEmSettings {
  readonly k: number;
  readonly seed: number;
  /** Tokens of each document that are read. */
  readonly prefix: number;
  /** How often all documents are gone through at most. */
  readonly rounds: number;
  /** Rounds end when no more than this share of the documents changes its pile; blocks go through all rounds. */
  readonly settled: number;
  /**
   * P(e|d) ∝ exp(−β·n·CE_e(d)) with n prefix tokens. `literal` is β = 1/n: inverse to the perplexity. Otherwise β rises
   * geometrically from the first number to the second over the rounds; 1 is Bayes. `measured` is what the experts' word is worth by how
   * well it tells the piles that they found. `relaxed` gives the most probable expert 0.95 and all others the rest in equal parts, as the
   * relaxed winner-takes-all of LoRA-MCL has it (Letzelter et al. 2025).
   */
  readonly beta: 'literal' | 'measured' | 'relaxed' | readonly [number, number];
  /**
   * Each pile takes at most `capacity`·N/k documents of a block; 'sinkhorn' reweighs the posteriors until all piles are as probable;
   * 'off' lets every document go where it is drawn.
   */
  readonly capacity: number | 'sinkhorn' | 'off';
  /** Documents that are assigned before the experts learn from them; all of a round by default. */
  readonly block?: number;
  /**
   * 2: the documents are halved, and each half is judged by experts that learned from the other half only; otherwise an expert
   * remembers what it learned from and nothing ever leaves its pile. 1: one set of experts learns from all and judges all.
   */
  readonly folds: 1 | 2;
  /**
   * Tokens of the whole corpus that all experts learn from before they part. Otherwise what any text teaches a small base
   * model outweighs what the texts of one pile do, and the expert with the most ordinary pile wins everywhere.
   */
  readonly commonTokens: number;
  /** Tokens that the expert of a pile learns from in a round. */
  readonly tokensPerRound: number;
  readonly learningRate: number;
  readonly expert: ExpertSettings;
  /** What another method made of the documents; random and balanced piles where there is nothing. */
  readonly start?: Start;
  /** What people said of the documents; in blocks it holds among the documents of a block, and among all in the end. */
  readonly groups?: readonly Group[];
}

/** Where the rounds begin. */
export interface Start {
  /** The pile of each document [N]. */
  readonly assignments: Int32Array;
  /**
   * P(e|d) as the other method sees it [N, k], taken as the prior: P(e|d) ∝ prior · exp(−β·n·CE_e(d)). It knows the words
   * of the whole document, the experts know more than words of its prefix. Without it the prior is uniform.
   */
  readonly posteriors?: Float32Array;
}

const betas = {
  literal: 'literal',
  bayes: [1, 1],
  annealed: [0.5, 1],
  measured: 'measured',
  relaxed: 'relaxed',
} as const;
const capacities = { capacity: 2, sinkhorn: 'sinkhorn', off: 'off' } as const;

/** What the experts of the piles are, and how fast they learn: all weights at a tenth of the rate, as in training. */
const learners = {
  lora: { expert: { ...defaultLora, layers: 2 }, learningRate: 1e-2 },
  full: { expert: 'full', learningRate: 1e-3 },
} as const;

/**
 * How perplexity EM goes about these settings; what they say nothing of is as their table has it: the balanced, annealed form after
 * SMALLTALK (Filippova et al. 2024), or the plain rule. Adapters are in the last layers only: the layers below run once per document.
 */
export function perplexitySettingsOf(values: EmValues): Omit<PerplexityEmSettings, 'k' | 'seed'> {
  const {
    literal,
    prefix,
    rounds = emSettings.rounds.usual(values),
    beta = emSettings.beta.usual(values),
    balance = emSettings.balance.usual(values),
    block = emSettings.block.usual(values),
    tokensPerRound = emSettings.tokensPerRound.usual(),
    commonTokens = emSettings.commonTokens.usual(values),
    adapter,
  } = values;
  return {
    prefix,
    rounds,
    settled: 0.02,
    beta: betas[beta],
    capacity: capacities[balance],
    folds: literal ? 1 : 2,
    commonTokens,
    tokensPerRound,
    ...learners[adapter ?? emSettings.adapter.usual()],
    ...(block !== undefined && { block }),
  };
}

const prefix = emSettings.prefix.default;

/** The balanced, annealed form. */
export const defaultPerplexityEm = perplexitySettingsOf({ literal: false, prefix });

/** The plain rule: a few documents at a time, drawn inversely to the perplexity, no balance, no annealing. */
export const literalPerplexityEm = perplexitySettingsOf({ literal: true, prefix });
