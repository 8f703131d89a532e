/**
 * Products by frozen weights in 8-bit integers. Letters: M rows, K features, N outputs.
 *
 *     y [M, N] = s [M, 1] · (q [M, K] c [K, N]) · t [N]
 *
 * Rows of x are rounded while the graph runs, q = round(x / s), each with a scale s of its own; weights when the session is made,
 * c = round(w / t), each output with a scale t of its own (vector-wise quantisation, as in LLM.int8(), Dettmers et al. 2022). Sums are
 * of 32 bits.
 *
 * A few features of a language model's hidden states are many times larger than the others, and would leave those few steps of the
 * scale. Where an orthogonal matrix H stands in between, x w = (x H)(Hᵀ w), they are spread over all features of their block (QuaRot,
 * Ashkboos et al. 2024).
 */
import type { Emitter } from '../emitter';
import { multiplyDims } from '../dims';
import { ShapeError, type TensorType } from '../graph';
import { int8Matmul } from '../ops';
import type { Emission, PrimitiveFamily, PrimitiveParams } from './primitive';
import { requireDType, requireRank } from './rules';

type Params = PrimitiveParams['int8Matmul'];

export const int8: PrimitiveFamily<'int8Matmul'> = {
  // x […, K] by a constant weight [K, N], or by the transpose of one [N, K].
  int8Matmul: {
    type: ([x, weight], { transB }) => {
      requireDType(x, 'float32', 'x');
      requireRank(weight, 2, 'the weight');
      const [inner, out] = transB ? [weight.shape[1], weight.shape[0]] : weight.shape;
      if (x.shape.at(-1) !== inner) throw new ShapeError(`the weight does not fit rows of ${x.shape.at(-1)}`);
      return [{ dtype: x.dtype, shape: [...x.shape.slice(0, -1), out] }];
    },
    emit: (e, { names: [x, weight], inputs, outputs, params }: Emission<Params>) => {
      const count = e.dim(multiplyDims(...inputs[0].shape.slice(0, -1)));
      const product = emitInt8Product(e, [x, weight], inputs, { ...params, count });
      return [inputs[0].shape.length === 2 ? product : e.op('Reshape', [product, e.shape(outputs[0].shape)])];
    },
    // Gradients have no such features.
    gradient: ({ inputs: [, weight], params: { transB }, upstream }) => [
      () => int8Matmul(upstream, weight, { transB: !transB, rotated: false }),
      undefined,
    ],
  },
};

/** [M, N] of rows x […, K], M of them by the name of that number, and of a weight that is known when the session is made. */
export function emitInt8Product(
  e: Emitter,
  [x, weight]: readonly [string, string],
  [{ shape }, { shape: lies }]: readonly TensorType[],
  { transB, rotated, count }: Params & { readonly count?: string },
): string {
  const K = Number(shape.at(-1));
  const rows = shape.length === 2 ? x : e.once(`${x} as rows`, () => e.op('Flatten', [x], { axis: -1 }));
  const turned = { rotated, block: blockOf(K) };
  const q = codes(e, { matrix: rows, shape: [0, K], along: 1, zero: uint8Zero, ...turned, count });
  const w = codes(e, { matrix: weight, shape: lies.map(Number), along: transB ? 1 : 0, zero: int8Zero, ...turned });
  const c = transB ? e.once(`${w.codes} laid out`, () => e.op('Transpose', [w.codes], { perm: [1, 0] })) : w.codes;
  const [one, t] = [e.scalar(1, 'float32'), flat(e, w.steps)];
  const product = e.fused('MatMulIntegerToFloat', [q.codes, c, one, t, zeroPoint(e, uint8Zero)]);
  return e.op('Mul', [product, q.steps]);
}

/** What stands for zero in codes of a type, by its number in ONNX; the largest magnitude is 127 steps from it. */
const uint8Zero = { type: 2, code: 128 };
const int8Zero = { type: 3, code: 0 };

const zeroPoint = (e: Emitter, { type, code }: typeof uint8Zero): string =>
  e.once(`${code} of type ${type}`, () => e.op('Cast', [e.scalar(code, 'float32')], { to: type }));

interface Rounding {
  readonly matrix: string;
  readonly shape: readonly number[];
  /** The dimension along which numbers share a step, and are mixed before where they are rotated. */
  readonly along: 0 | 1;
  readonly zero: typeof uint8Zero;
  readonly rotated: boolean;
  readonly block: number;
  /** The name of the number of steps, where it has one. */
  readonly count?: string | undefined;
}

/** A matrix in 8 bits: its codes, and what a step of them is worth, of size 1 along that dimension. */
function codes(
  e: Emitter,
  { matrix, shape, along, zero, rotated, block, count }: Rounding,
): { readonly codes: string; readonly steps: string } {
  const key = `${matrix} in 8 bits along ${along}${rotated ? ', rotated' : ''}`;
  const turned = rotated && block > 1 ? e.once(key, () => rotate(e, matrix, { shape, along, block })) : matrix;
  const steps = e.once(`steps of ${key}`, () => {
    const [most, least] = ['ReduceMax', 'ReduceMin'].map((type) => e.op(type, [turned, e.ints([along])]));
    // Where all are zero, too.
    const largest = e.op('Max', [most, e.op('Neg', [least]), e.scalar(1e-30, 'float32')]);
    return e.op('Mul', [largest, e.scalar(1 / 127, 'float32')]);
  });
  const rounded = e.once(`codes of ${key}`, () => {
    const given = flat(e, steps);
    const many = count ?? e.op('Shape', [given]);
    const zeros = e.once(`zeros of type ${zero.type}, ${many}`, () => e.op('Expand', [zeroPoint(e, zero), many]));
    return e.op('QuantizeLinear', [turned, given, zeros], { axis: 1 - along });
  });
  return { codes: rounded, steps };
}

const flat = (e: Emitter, vector: string): string =>
  e.once(`${vector} flat`, () => e.op('Reshape', [vector, e.ints([-1])]));

/** Features that are mixed with each other: more cost more than they gain. */
const largestBlock = 64;

/** The largest power of two that divides a width, up to that. */
const blockOf = (width: number): number => Math.min(largestBlock, width & -width);

/** A matrix times H along a dimension: Hadamard's matrix in blocks on the diagonal, which is its own inverse. */
function rotate(
  e: Emitter,
  matrix: string,
  { shape, along, block }: Pick<Rounding, 'shape' | 'along' | 'block'>,
): string {
  const H = e.matrix(`hadamard${block}`, hadamard(block));
  const parts = e.op('Reshape', [matrix, e.ints(along === 1 ? [shape[0], -1, block] : [-1, block, shape[1]])]);
  return e.op('Reshape', [e.op('MatMul', along === 1 ? [parts, H] : [H, parts]), e.ints(shape)]);
}

/** Sylvester's construction, [n, n] for a power of two: orthogonal and symmetric. */
function hadamard(n: number): { readonly data: Float32Array; readonly dims: readonly number[] } {
  const ones = (bits: number): number => (bits === 0 ? 0 : (bits & 1) + ones(bits >>> 1));
  const data = Float32Array.from({ length: n * n }, (_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    return (ones(row & column) % 2 === 0 ? 1 : -1) / Math.sqrt(n);
  });
  return { data, dims: [n, n] };
}
