/** Matrix multiplication. */
import { broadcastShapes, type Dim, multiplyDims, type Shape, showShape } from '../dims';
import type { Emitter } from '../emitter';
import { ShapeError, type Value } from '../graph';
import { matmul, reshape } from '../ops';
import type { Application, Emission, Family, PrimitiveParams } from './primitive';

type Params = PrimitiveParams['matmul'];

const lastTwo = (shape: Shape, transposed: boolean): readonly [Dim, Dim] => {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
};

export const linear: Family<'matmul'> = {
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
};

function emitMatmul(e: Emitter, { names: [a, b], inputs, params }: Emission<Params>): string {
  const { transA, transB, alpha } = params;
  const plain = !transA && !transB && alpha === 1;
  if (plain) return e.op('MatMul', [a, b]);
  if (e.supports('FusedMatMul', inputs[0].dtype)) {
    return e.fused('FusedMatMul', [a, b], {
      transA: transA ? 1 : 0,
      transB: transB ? 1 : 0,
      alpha: { float: alpha },
    });
  }
  const swapped = (name: string, rank: number): string => {
    const perm = Array.from({ length: rank }, (_, i) => i);
    [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
    return e.op('Transpose', [name], { perm });
  };
  const left = transA ? swapped(a, inputs[0].shape.length) : a;
  const right = transB ? swapped(b, inputs[1].shape.length) : b;
  const product = e.op('MatMul', [left, right]);
  return alpha === 1 ? product : e.op('Mul', [product, e.scalar(alpha, inputs[0].dtype)]);
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

function rowsOf(x: Value): Value {
  return reshape(x, [multiplyDims(...x.shape.slice(0, -1)), x.shape[x.shape.length - 1]]);
}
