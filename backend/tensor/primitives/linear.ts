/** Matrix multiplication, also by weights that were rounded in blocks. */
import { addDims, broadcastShapes, type Dim, multiplyDims, type Shape, showShape } from '../dims';
import type { Emitter } from '../emitter';
import { ShapeError, type TensorType, type Value } from '../graph';
import { matmul, reshape } from '../ops';
import type { Application, Emission, PrimitiveFamily, PrimitiveParams } from './primitive';
import { requireDType } from './rules';

type Params = PrimitiveParams['matmul'];

const lastTwo = (shape: Shape, transposed: boolean): readonly [Dim, Dim] => {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
};

export const linear: PrimitiveFamily<'matmul' | 'streamedMatmul' | 'quantizedMatmul'> = {
  matmul: {
    type: ([a, b], { transA, transB }) => {
      if (a.shape.length < 2 || b.shape.length < 2) throw new ShapeError('both operands need at least two dimensions');
      if (a.dtype !== b.dtype) throw new ShapeError(`dtypes ${a.dtype} and ${b.dtype} differ`);
      const [m, inner] = lastTwo(a.shape, transA);
      const [innerB, n] = lastTwo(b.shape, transB);
      if (inner !== innerB) throw new ShapeError(`inner dimensions ${inner} and ${innerB} differ`);
      const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
      if (batch === undefined) {
        throw new ShapeError(`leading dimensions of ${showShape(a.shape)} and ${showShape(b.shape)} do not broadcast`);
      }
      return [{ dtype: a.dtype, shape: [...batch, m, n] }];
    },
    emit: (e, emission) => [emitMatmul(e, emission)],
    gradient: ({ inputs: [a, b], params, upstream }) => [
      () => gradientOfLeft(b, params, upstream),
      () => gradientOfRight({ a, b, params, upstream }),
    ],
  },

  streamedMatmul: {
    type: ([x, ...filters]) => {
      const width = x.shape.at(-1);
      for (const { shape } of filters) {
        if (shape.slice(1).join() !== `${width},1,1`)
          throw new ShapeError(`${showShape(shape)} are no filters of ${width}`);
      }
      return [
        { dtype: x.dtype, shape: [...x.shape.slice(0, -1), filters.map(({ shape }) => shape[0]).reduce(addDims)] },
      ];
    },
    emit: (e, emission) => [emitStreamed(e, emission)],
    gradient: 'none',
  },

  // x […, width] by the transpose of [N, width], which is given as codes [N, blocks, bytes] and scales [N, blocks].
  quantizedMatmul: {
    type: ([x, codes, scales], { width, bits }) => {
      requireDType(codes, 'uint8', 'codes');
      const [N, blocks, bytes] = codes.shape;
      const length = (Number(bytes) * 8) / bits;
      if (x.shape.at(-1) !== width || Math.ceil(width / length) !== blocks) {
        throw new ShapeError(`${blocks} blocks of ${length} weights do not fit rows of ${width}`);
      }
      if (scales.shape.join() !== [N, blocks].join()) throw new ShapeError('each block needs one scale');
      return [{ dtype: x.dtype, shape: [...x.shape.slice(0, -1), N] }];
    },
    emit: (e, { names, inputs: [, codes], params: { width, bits } }) => {
      const [N, , bytes] = codes.shape.map(Number);
      // Level 4: rows of x are rounded to 8 bits as well, so that products are of integers.
      const attributes = { K: width, N, bits, block_size: (bytes * 8) / bits, accuracy_level: 4 };
      return [e.fused('MatMulNBits', names, attributes)];
    },
    gradient: 'none',
  },
};

function emitMatmul(e: Emitter, { names: [a, b], inputs, outputs, params }: Emission<Params>): string {
  const [left, right] = inputs;
  const shared = right.shape.length === 2 && left.shape.length > 2 && !params.transA;
  if (!shared || isPlain(params) || e.supports('FusedMatMul', left.dtype))
    return emitProduct(e, [a, b], inputs, params);
  // All rows through one shared matrix, so that it is read as it lies: transposed, it would be kept twice.
  const shape = rowShape(left.shape);
  const rows = e.op('Reshape', [a, e.shape(shape)]);
  return e.op('Reshape', [emitProduct(e, [rows, b], [{ ...left, shape }, right], params), e.shape(outputs[0].shape)]);
}

/**
 * A convolution with 1 × 1 filters, rows as pixels: ONNX Runtime lays the filters out in blocks of which it reads four at once, and
 * waits less for memory than its matrix product does.
 */
function emitStreamed(
  e: Emitter,
  { names: [x, ...filters], inputs, outputs }: Emission<PrimitiveParams['streamedMatmul']>,
): string {
  const width = Number(inputs[0].shape.at(-1));
  const pixels = e.once(`${x} as pixels`, () =>
    e.op('Transpose', [e.op('Reshape', [x, e.ints([1, 1, -1, width])])], { perm: [0, 3, 1, 2] }),
  );
  const parts = filters.map((own) => e.op('Conv', [pixels, own]));
  const product = parts.length === 1 ? parts[0] : e.op('Concat', parts, { axis: 1 });
  const rows = e.op('Transpose', [product], { perm: [0, 2, 3, 1] });
  const { shape } = outputs[0];
  const inferred = shape.filter((dim) => typeof dim === 'string').length <= 1;
  return e.op('Reshape', [
    rows,
    inferred ? e.ints(shape.map((dim) => (typeof dim === 'string' ? -1 : dim))) : e.shape(shape),
  ]);
}

/** alpha · op(a) op(b) as the device spells it best. */
export function emitProduct(
  e: Emitter,
  [a, b]: readonly [string, string],
  [left, right]: readonly TensorType[],
  { transA = false, transB = false, alpha = 1 }: Partial<Params>,
): string {
  if (isPlain({ transA, transB, alpha })) return e.op('MatMul', [a, b]);
  const flags = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: alpha } };
  if (e.supports('FusedMatMul', left.dtype)) return e.fused('FusedMatMul', [a, b], flags);
  if (left.shape.length === 2 && right.shape.length === 2) return e.op('Gemm', [a, b], flags);
  const product = e.op('MatMul', [
    transA ? swapped(e, a, left.shape.length) : a,
    transB ? swapped(e, b, right.shape.length) : b,
  ]);
  return alpha === 1 ? product : e.op('Mul', [product, e.scalar(alpha, left.dtype)]);
}

const isPlain = ({ transA, transB, alpha }: Params): boolean => !transA && !transB && alpha === 1;

/** The last two dimensions exchanged. */
function swapped(e: Emitter, name: string, rank: number): string {
  const perm = Array.from({ length: rank }, (_, i) => i);
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return e.op('Transpose', [name], { perm });
}

// With A' = op(a), B' = op(b): dA' = dy B'ᵀ and dB' = A'ᵀ dy; a transposed operand takes the transposed product.
function gradientOfLeft(b: Value, { transA, transB, alpha }: Params, dy: Value): Value {
  return transA ? matmul(b, dy, { transA: transB, transB: true, alpha }) : matmul(dy, b, { transB: !transB, alpha });
}

function gradientOfRight({
  a,
  b,
  params: { transA, transB, alpha },
  upstream: dy,
}: Pick<Application<Params>, 'params' | 'upstream'> & { a: Value; b: Value }): Value {
  // A shared matrix under many rows: one large product over all rows, not one per leading index and a sum.
  const shared = b.shape.length === 2 && a.shape.length > 2 && !transA;
  const left = shared ? rowsOf(a) : a;
  const upstream = shared ? rowsOf(dy) : dy;
  return transB
    ? matmul(upstream, left, { transA: true, transB: transA, alpha })
    : matmul(left, upstream, { transA: !transA, alpha });
}

const rowsOf = (x: Value): Value => reshape(x, rowShape(x.shape));

/** [rows, width] of a tensor whose leading dimensions are rows. */
const rowShape = (shape: Shape): Shape => [multiplyDims(...shape.slice(0, -1)), shape[shape.length - 1]];
