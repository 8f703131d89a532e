import { defaultLora, type LoraSettings } from '../../../model/adapters/adapter';
import type { Wanted } from '../../../base/settings';
import { emSettings, usualTokensPerRound } from './settings';
import type { Group } from '../../constraints/constraints';

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
   * geometrically from the first number to the second over the rounds; 1 is Bayes.
   */
  readonly beta: 'literal' | readonly [number, number];
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
  readonly lora: LoraSettings;
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

/** The balanced, annealed form. Adapters in the last layers only: the layers below run once per document. */
export const defaultPerplexityEm: Omit<PerplexityEmSettings, 'k' | 'seed'> = {
  prefix: emSettings.prefix.default,
  rounds: emSettings.rounds.usual({}),
  settled: 0.02,
  beta: [0.5, 1],
  capacity: 2,
  folds: 2,
  commonTokens: 60_000,
  tokensPerRound: usualTokensPerRound,
  learningRate: 1e-2,
  lora: { ...defaultLora, layers: 2 },
};

/** The plain rule: a few documents at a time, drawn inversely to the perplexity, no balance, no annealing. */
export const literalPerplexityEm: Omit<PerplexityEmSettings, 'k' | 'seed'> = {
  ...defaultPerplexityEm,
  rounds: 1,
  beta: 'literal',
  capacity: 'off',
  folds: 1,
  commonTokens: 0,
  block: 16,
};

const betas = { literal: 'literal', bayes: [1, 1], annealed: defaultPerplexityEm.beta } as const;
const capacities = { capacity: defaultPerplexityEm.capacity, sinkhorn: 'sinkhorn', off: 'off' } as const;

/** The settings that a run asks for; what it says nothing of is as in the balanced, annealed form, or as in the plain rule. */
export function perplexitySettingsOf(
  spec: Omit<Wanted<typeof emSettings>, 'embedding'>,
): Omit<PerplexityEmSettings, 'k' | 'seed'> {
  const { literal, prefix, rounds, beta, balance, block, tokensPerRound } = spec;
  return {
    ...(literal === true ? literalPerplexityEm : defaultPerplexityEm),
    ...(prefix === undefined ? {} : { prefix }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(beta === undefined ? {} : { beta: betas[beta] }),
    ...(balance === undefined ? {} : { capacity: capacities[balance] }),
    ...(block === undefined ? {} : { block }),
    ...(tokensPerRound === undefined ? {} : { tokensPerRound: tokensPerRound }),
  };
}
