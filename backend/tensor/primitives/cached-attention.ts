/** Attention of tokens on caches with room and on each other. Letters as in attention.ts; P positions of room, of which `offset` are filled. */
import { addDims, type Dim } from '../dims';
import type { Emitter } from '../emitter';
import { ShapeError, type TensorType } from '../graph';
import { emitAttention } from './attention';
import type { CachedAttentionParams, Emission, PrimitiveFamily } from './primitive';
import { requireDType, requireRank } from './rules';

export const cachedAttention: PrimitiveFamily<'cachedAttention'> = {
  // q [R, T, H·d], k and v [R, T, G·d], keys and values [R, G, P, d], offset [1].
  cachedAttention: {
    type: ([q, k, v, keys, values, offset], { heads }) => {
      for (const [tokens, what] of [[q, 'queries'] as const, [k, 'keys'] as const]) requireRank(tokens, 3, what);
      requireRank(keys, 4, 'cached keys');
      requireDType(offset, 'int64', 'offset');
      const [R, G, , d] = keys.shape.map(Number);
      const fits = q.shape[0] === R && q.shape[2] === heads * d && k.shape[0] === R && k.shape[2] === G * d;
      if (!fits || heads % G !== 0) throw new ShapeError(`${heads} heads of queries do not fit the keys`);
      if (v.shape.join() !== k.shape.join() || values.shape.join() !== keys.shape.join()) {
        throw new ShapeError('keys and values differ in shape');
      }
      return [{ dtype: q.dtype, shape: q.shape }];
    },
    emit: (e, emission) => {
      const [{ dtype }, , , { shape }] = emission.inputs;
      const fused = e.supports('GroupQueryAttention', dtype) && Number(shape[3]) % 8 === 0;
      return [fused ? emitFused(e, emission) : emitSpelled(e, emission)];
    },
    gradient: 'none',
  },
};

/**
 * ONNX Runtime's operator takes several tokens after earlier ones of one text only. So what stands in R rows is given to it as one
 * text with R times as many heads, which in the caches is how they lie.
 */
function emitFused(
  e: Emitter,
  { names: [q, k, v, keys, values, offset], inputs, params: { heads, scale, window } }: Emission<CachedAttentionParams>,
): string {
  const [R, G, , d] = inputs[3].shape.map(Number);
  const oneText = (tokens: string, width: number): string => {
    if (R === 1) return tokens;
    return e.op('Reshape', [e.op('Transpose', [tokens], { perm: [1, 0, 2] }), e.ints([1, -1, R * width])]);
  };
  const folded = (cache: string): string => (R === 1 ? cache : e.op('Reshape', [cache, e.ints([1, R * G, -1, d])]));
  const end = e.once('tokens read', () => e.op('Add', [offset, e.dim(inputs[0].shape[1])]));
  const last = e.once('the last token', () => e.op('Cast', [e.op('Sub', [end, e.ints([1])])], { to: 6 }));
  const total = e.once('tokens read, short', () => e.op('Cast', [end], { to: 6 }));
  const given = [
    oneText(q, heads * d),
    oneText(k, G * d),
    oneText(v, G * d),
    folded(keys),
    folded(values),
    last,
    total,
  ];
  const attributes = {
    num_heads: R * heads,
    kv_num_heads: R * G,
    scale: { float: scale },
    local_window_size: window ?? -1,
  };
  // Its other outputs are the caches with the tokens' keys and values.
  const [mixed] = e.ops('GroupQueryAttention', given, 3, attributes, 'com.microsoft');
  if (R === 1) return mixed;
  return e.op('Transpose', [e.op('Reshape', [mixed, e.ints([-1, R, heads * d])])], { perm: [1, 0, 2] });
}

/** Keys and values behind the whole room, of which the mask hides what is not filled. */
function emitSpelled(
  e: Emitter,
  { names: [q, k, v, keys, values, offset], inputs, params: { heads, scale, window } }: Emission<CachedAttentionParams>,
): string {
  const [asking, , , cache] = inputs;
  const { dtype } = asking;
  const [R, G, P, d] = cache.shape;
  const T = asking.shape[1];
  const behind = (filled: string, tokens: string): string => {
    const split = e.op('Reshape', [tokens, e.ints([0, 0, Number(G), Number(d)])]);
    return e.op('Concat', [filled, e.op('Transpose', [split], { perm: [0, 2, 1, 3] })], { axis: 2 });
  };
  const mask = e.once(`mask of ${T} after ${P}, window ${window}`, () => {
    const room = e.op('Expand', [triangle(e, { dtype, shape: [1, P] }, offset, 1), e.shape([T, P])]);
    const own = triangle(e, { dtype, shape: [T, T] }, e.ints([1]), 1);
    const near = (mask: string, columns: Dim, first: string): string => {
      if (window === undefined) return mask;
      return e.op('Add', [
        mask,
        triangle(e, { dtype, shape: [T, columns] }, e.op('Sub', [first, e.ints([window])]), 0),
      ]);
    };
    return e.op('Concat', [near(room, P, offset), near(own, T, e.ints([0]))], { axis: 1 });
  });
  const seen: TensorType = { dtype, shape: [R, G, addDims(P, T), d] };
  const [mixed] = emitAttention(e, {
    names: [q, behind(keys, k), behind(values, v), mask],
    inputs: [asking, seen, seen],
    outputs: [],
    params: { heads, scale, blocks: 1 },
    used: [true],
  });
  return mixed;
}

/** −1e9 on one side of a diagonal and on it, 0 elsewhere. */
function triangle(e: Emitter, { dtype, shape }: TensorType, diagonal: string, upper: 0 | 1): string {
  const filled = e.op('Expand', [e.scalar(-1e9, dtype), e.shape(shape)]);
  return e.op('Trilu', [filled, e.op('Squeeze', [diagonal])], { upper });
}
