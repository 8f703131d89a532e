/**
 * Causal attention as one primitive. Letters: R rows (texts of all experts), T positions that ask, S positions to be seen, of
 * which the T are the last, H heads of queries on G of keys and values, d head size.
 *
 * Queries go through in blocks of positions, and a block sees nothing after its own last position: with many blocks, little
 * more than the half of the scores that causality leaves is computed. The query heads that share a key-value head are folded
 * into f = H/G · (positions of the block) rows, so keys and values are never repeated.
 */
import type { Emitter } from '../emitter';
import { ShapeError, type TensorType, type Value } from '../graph';
import { emitProduct } from './linear';
import type { AttentionParams, Emission, PrimitiveFamily } from './primitive';
import { requireRank } from './rules';

export const attention: PrimitiveFamily<'attention' | 'attentionGradient'> = {
  // Outputs after the first: the probabilities [R, G, f, seen] of each block, kept for the gradient.
  attention: {
    type: ([q, k, v, mask], params) => {
      requireFit([q, k, v, mask], params);
      const probabilities = Array.from({ length: params.blocks }, (_, i): TensorType => {
        return { dtype: q.dtype, shape: [...k.shape.slice(0, 2), `rows of block ${i}`, `seen by block ${i}`] };
      });
      return [{ dtype: q.dtype, shape: q.shape }, ...probabilities];
    },
    emit: emitAttention,
    gradient: ({ inputs: [q, k, v], outputs: [o, ...probabilities], params, upstream: dy }) => {
      let made: readonly Value[] | undefined;
      const gradient = (i: number) => (): Value => {
        made ??= q.graph.apply('attentionGradient', [q, k, v, o, dy, ...probabilities], params);
        return made[i];
      };
      return [gradient(0), gradient(1), gradient(2), undefined];
    },
  },

  // Of q, k, v, the output, its gradient and the probabilities: the gradients of q, k and v.
  attentionGradient: {
    type: (inputs) => inputs.slice(0, 3).map(({ dtype, shape }) => ({ dtype, shape })),
    emit: emitGradient,
    gradient: 'none',
  },
};

function requireFit([q, k, v, mask]: readonly TensorType[], { heads }: AttentionParams): void {
  requireRank(q, 3, 'queries');
  requireRank(k, 4, 'keys');
  const [rows, groups, seen, size] = k.shape;
  if (q.shape[0] !== rows || q.shape[2] !== heads * Number(size) || heads % Number(groups) !== 0) {
    throw new ShapeError(`${heads} heads of queries do not fit the keys`);
  }
  if (v.shape.join() !== k.shape.join()) throw new ShapeError('keys and values differ in shape');
  if (mask.shape.join() !== [q.shape[1], seen].join()) throw new ShapeError('the mask does not fit');
}

export function emitAttention(
  e: Emitter,
  { names: [q, k, v, mask], inputs, params, used }: Emission<AttentionParams>,
): readonly string[] {
  const types = [inputs[1], inputs[1]] as const;
  const blocks = blocksOf(e, inputs, params).map((block) => {
    const queries = block.fold(block.asked(q));
    const scores = emitProduct(e, [queries, block.seen(k)], types, { transB: true, alpha: params.scale });
    const probabilities = e.op('Softmax', [e.op('Add', [scores, block.masking(mask)])], { axis: -1 });
    return { probabilities, mixed: used[0] ? block.unfold(e.op('MatMul', [probabilities, block.seen(v)])) : '' };
  });
  return [
    used[0]
      ? joined(
          e,
          blocks.map(({ mixed }) => mixed),
        )
      : '',
    ...blocks.map(({ probabilities }) => probabilities),
  ];
}

/**
 * With P the probabilities and D the row sums of dy · o, which are those of dP · P:
 *
 *     dP = dy vᵀ    dS = P · (dP − D)    dq = scale · dS k    dkᵀ = scale · qᵀ dS    dvᵀ = dyᵀ P
 *
 * Later positions get their gradients from fewer blocks: each block's part is filled up with zeros.
 */
function emitGradient(
  e: Emitter,
  { names: [q, k, v, o, dy, ...probabilities], inputs, params, used }: Emission<AttentionParams>,
): readonly string[] {
  const types = [inputs[1], inputs[1]] as const;
  const alpha = params.scale;
  const perHead = e.op('Reshape', [e.op('Mul', [dy, o]), e.ints([0, 0, params.heads, headSize(inputs)])]);
  const sums = e.op('ReduceSum', [perHead, e.ints([-1])], { keepdims: 0 });
  const parts = blocksOf(e, inputs, params).map((block, i) => {
    const [queries, upstream] = [block.fold(block.asked(q)), block.fold(block.asked(dy))];
    const dP = emitProduct(e, [upstream, block.seen(v)], types, { transB: true });
    const dS = e.op('Mul', [probabilities[i], e.op('Sub', [dP, block.fold(block.asked(sums), 1)])]);
    return [
      // Keys' and values' are made transposed: their wide operand is then read as it lies, which is faster.
      used[0] ? block.unfold(emitProduct(e, [dS, block.seen(k)], types, { alpha })) : '',
      used[1] ? block.widen(emitProduct(e, [queries, dS], types, { transA: true, alpha })) : '',
      used[2] ? block.widen(emitProduct(e, [upstream, probabilities[i]], types, { transA: true })) : '',
    ];
  });
  const part = (of: number): string[] => parts.map((gradients) => gradients[of]);
  const total = (of: number): string =>
    e.op('Transpose', [part(of).reduce((a, b) => e.op('Add', [a, b]))], { perm: [0, 1, 3, 2] });
  return [used[0] ? joined(e, part(0)) : '', used[1] ? total(1) : '', used[2] ? total(2) : ''];
}

const headSize = ([, k]: readonly TensorType[]): number => Number(k.shape[3]);

/** [R, positions, …] of all blocks, one after another. */
function joined(e: Emitter, parts: readonly string[]): string {
  return parts.length === 1 ? parts[0] : e.op('Concat', parts, { axis: 1 });
}

/** Some of the query positions. */
interface Block {
  /** [R, T, …] to [R, positions, …]. */
  readonly asked: (name: string) => string;
  /** [R, G, S, d] to what the block sees: [R, G, seen, d]. */
  readonly seen: (name: string) => string;
  /** [T, S] to [f, seen]. */
  readonly masking: (mask: string) => string;
  /** [R, positions, H·width] to [R, G, f, width]; the width of a head by default. */
  readonly fold: (name: string, width?: number) => string;
  /** [R, G, f, d] to [R, positions, H·d]. */
  readonly unfold: (name: string) => string;
  /** [R, G, d, seen] to [R, G, d, S]. */
  readonly widen: (name: string) => string;
}

function blocksOf(
  e: Emitter,
  inputs: readonly TensorType[],
  { heads: H, blocks: count }: AttentionParams,
): readonly Block[] {
  const d = headSize(inputs);
  const [[, T], [, groups, S]] = inputs.map(({ shape }) => shape);
  const G = Number(groups);
  const fold = (name: string, width = d): string => {
    const heads = e.op('Transpose', [e.op('Reshape', [name, e.ints([0, 0, H, width])])], { perm: [0, 2, 1, 3] });
    return e.op('Reshape', [heads, e.ints([0, G, -1, width])]);
  };
  const unfold = (name: string): string => {
    const heads = e.op('Transpose', [e.op('Reshape', [name, e.ints([0, H, -1, d])])], { perm: [0, 2, 1, 3] });
    return e.op('Reshape', [heads, e.ints([0, 0, H * d])]);
  };
  const tiled = (mask: string): string => (H === G ? mask : e.op('Tile', [mask, e.ints([H / G, 1])]));
  const same = (name: string): string => name;
  if (count === 1) {
    const masking = (mask: string): string => e.once(`tiled ${mask}`, () => tiled(mask));
    return [{ asked: same, seen: same, masking, fold, unfold, widen: same }];
  }
  const cut = (name: string, [from, to]: readonly [string, string], axis: number): string =>
    e.op('Slice', [name, from, to, e.ints([axis])]);
  // ONNX Runtime (1.30) fills only the first of several empty products with zeros, so the gradient takes no empty block.
  /** Block i asks at ⌊T·i/count⌋ to ⌊T·(i+1)/count⌋ of the T, so any T works; before these lie S − T positions. */
  const bound = (i: number): string =>
    e.once(`bound ${i}/${count} of ${T}`, () => e.op('Div', [e.op('Mul', [e.dim(T), e.ints([i])]), e.ints([count])]));
  const before = e.once(`${S} − ${T}`, () => e.op('Sub', [e.dim(S), e.dim(T)]));
  return Array.from({ length: count }, (_, i): Block => {
    const own = [bound(i), bound(i + 1)] as const;
    const key = `block ${i}/${count} of ${T} in ${S}`;
    const end = e.once(`end of ${key}`, () => e.op('Add', [before, own[1]]));
    const visible = [e.ints([0]), end] as const;
    const missing = e.once(`after ${key}`, () =>
      e.op('Concat', [e.ints([0]), e.op('Sub', [e.dim(S), end])], { axis: 0 }),
    );
    return {
      asked: (name) => cut(name, own, 1),
      seen: (name) => cut(name, visible, 2),
      masking: (mask) => e.once(`${mask} of ${key}`, () => tiled(cut(cut(mask, own, 0), visible, 1))),
      fold,
      unfold,
      widen: (name) => e.op('Pad', [name, missing, e.scalar(0, inputs[0].dtype), e.ints([3])]),
    };
  });
}
