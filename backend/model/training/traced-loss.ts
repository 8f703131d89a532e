/** The losses of experts side by side and their gradients, as a graph. */
import { gradients } from '../../tensor/gradients';
import type { Graph, Value } from '../../tensor/graph';
import { crossEntropy, linearCrossEntropy, matmul, reshape } from '../../tensor/ops';
import { multiplyDims } from '../../tensor/dims';
import { architectureOf } from '../architectures/table';
import type { ModelConfig } from '../architectures/config';
import type { Sources } from '../experts/stack';
import type { StepPlan } from './step-plan';

export interface Trace extends Sources {
  readonly graph: Graph;
  /** Experts side by side. */
  readonly count: number;
  /** What gradients are wanted of. */
  readonly trained: ReadonlyMap<string, Value>;
}

/** `nll` [k·N], unweighted, and the gradient of each trained parameter of the weighted sum. */
export function traceLoss(
  config: ModelConfig,
  trace: Trace,
  { lossChunks, queryBlocks, recomputed }: StepPlan,
  frozenLayers = 0,
): { readonly nll: Value; readonly found: ReadonlyMap<string, Value> } {
  const { graph, count, weight, trained } = trace;
  const rows = multiplyDims(count, 'B', 'T');
  const targets = graph.input('targets', 'int64', [rows]);
  const weights = graph.input('weights', 'float32', [rows]);
  const { hidden } = architectureOf(config).trace(graph, config, {
    ...trace,
    input:
      frozenLayers === 0
        ? graph.input('ids', 'int64', [count, 'B', 'T'])
        : graph.input('stream', 'float32', [count, 'B', 'T', config.hiddenSize]),
    layers: { from: frozenLayers, to: config.layers },
    queryBlocks,
    offset: graph.input('offset', 'int64', [1]),
  });
  const flat = reshape(hidden, [rows, config.hiddenSize]);
  const head = weight(architectureOf(config).headName(config));
  // A trained head needs the logits once more for its own gradient: they are kept unless that would be too many.
  const nll =
    trained.has(architectureOf(config).headName(config)) && lossChunks === 1
      ? crossEntropy(matmul(flat, head, { transB: true }), targets)
      : linearCrossEntropy(flat, head, targets, { chunks: lossChunks, int8: trace.int8 });
  // The weights are the gradient of their own weighted sum of losses: experts' gradients never mix.
  const found = gradients(nll, weights, [...trained.values()], recomputed);
  return { nll, found: new Map([...trained.keys()].map((name, i) => [name, found[i]])) };
}

/** Token ids and the ones that they predict, [k, B, T] each, of tokens [k, B, T + 1]. */
export function shifted({
  tokens,
  k,
  B,
  T,
}: {
  readonly tokens: Int32Array;
  readonly k: number;
  readonly B: number;
  readonly T: number;
}): { ids: Int32Array; targets: Int32Array } {
  const ids = new Int32Array(k * B * T);
  const targets = new Int32Array(k * B * T);
  for (let row = 0; row < k * B; row++) {
    const from = row * (T + 1);
    ids.set(tokens.subarray(from, from + T), row * T);
    targets.set(tokens.subarray(from + 1, from + T + 1), row * T);
  }
  return { ids, targets };
}
