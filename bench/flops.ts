/**
 * Floating-point operations that the mathematics needs, 2 per multiply-add of a matrix product; elementwise work, and
 * whatever the engine computes twice or throws away, is not counted:
 *
 *     forward   2 · (weights of the projections and the head + weights of the adapters)  per token
 *             + 4 · heads · d · (T + 1) / 2 per layer and token: scores and mixing, the causal half only
 *     backward  for each product the gradient of its inputs: as much as the forward product for each of the two,
 *               without the gradient of frozen weights, and without that of the inputs of the lowest layer's q, k and v
 *               (and the embedding below them) where only adapters are trained
 */
import type { LinearModule } from '../backend/model/architectures/architecture';
import { architectureOf } from '../backend/model/architectures/table';
import type { ModelConfig } from '../backend/model/architectures/config';

export interface Work {
  /** Rows (texts, of all experts) and tokens per row. */
  readonly rows: number;
  readonly context: number;
  /** Rank of the adapters of all projections of all layers; none by default. */
  readonly rank?: number;
}

/** The projections of one layer. */
function projections(config: ModelConfig): readonly LinearModule[] {
  return architectureOf(config)
    .linears(config)
    .filter(({ layer }) => layer === 0);
}

function weights(of: readonly LinearModule[]): number {
  return of.reduce((total, { out, in: input }) => total + out * input, 0);
}

function adapterWeights(of: readonly LinearModule[], rank: number): number {
  return of.reduce((total, { out, in: input }) => total + rank * (out + input), 0);
}

function attention({ layers, heads, headSize }: ModelConfig, { context }: Work): number {
  return layers * 4 * heads * headSize * ((context + 1) / 2);
}

function headWeights({ vocabularySize, hiddenSize }: ModelConfig): number {
  return vocabularySize * hiddenSize;
}

export function forwardFlops(config: ModelConfig, work: Work): number {
  const perLayer = weights(projections(config)) + adapterWeights(projections(config), work.rank ?? 0);
  const perToken = 2 * (config.layers * perLayer + headWeights(config)) + attention(config, work);
  return work.rows * work.context * perToken;
}

/** Forward and backward with the base frozen. */
export function adapterStepFlops(config: ModelConfig, work: Work): number {
  const base = config.layers * weights(projections(config)) + headWeights(config);
  const adapters = config.layers * adapterWeights(projections(config), work.rank ?? 0);
  const bottom = projections(config).filter(({ name }) => ['q_proj', 'k_proj', 'v_proj'].includes(name));
  const inputs = bottom.reduce((total, module) => total + (work.rank ?? 0) * module.in, 0);
  const unneeded = 2 * (weights(bottom) + inputs);
  const perToken = 2 * 2 * base + 3 * 2 * adapters + 3 * attention(config, work) - unneeded;
  return work.rows * work.context * perToken;
}

/** Forward and backward of all weights. */
export function fullStepFlops(config: ModelConfig, work: Work): number {
  return 3 * forwardFlops(config, work);
}
