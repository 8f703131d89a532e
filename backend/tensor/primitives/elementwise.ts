/** Elementwise primitives; binary ones broadcast. */
import type { Emitter } from '../emitter';
import type { DType, Value } from '../graph';
import { add, cast, div, mul, neg, scalar, select, sigmoid, sub } from '../ops';
import type { Application, PrimitiveFamily, None, Primitive } from './primitive';
import { broadcastTypes, sameType } from './rules';

function binary(onnx: string, gradient: Primitive<None>['gradient']): Primitive<None> {
  return { type: broadcastTypes, emit: (e, { names }) => [e.op(onnx, names)], gradient };
}

function unary(onnx: string, gradient: (a: Application<None>) => Value): Primitive<None> {
  return { type: sameType, emit: (e, { names }) => [e.op(onnx, names)], gradient: (a) => [() => gradient(a)] };
}

export const elementwise: PrimitiveFamily<
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'neg'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'sigmoid'
  | 'silu'
  | 'swiglu'
  | 'gelu'
  | 'select'
  | 'cast'
> = {
  add: binary('Add', ({ upstream: dy }) => [() => dy, () => dy]),
  sub: binary('Sub', ({ upstream: dy }) => [() => dy, () => neg(dy)]),
  mul: binary('Mul', ({ inputs: [a, b], upstream: dy }) => [() => mul(dy, b), () => mul(dy, a)]),
  div: binary('Div', ({ inputs: [, b], outputs: [y], upstream: dy }) => [
    () => div(dy, b),
    () => neg(mul(dy, div(y, b))),
  ]),
  neg: unary('Neg', ({ upstream: dy }) => neg(dy)),
  exp: unary('Exp', ({ outputs: [y], upstream: dy }) => mul(dy, y)),
  log: unary('Log', ({ inputs: [x], upstream: dy }) => div(dy, x)),
  sqrt: unary('Sqrt', ({ outputs: [y], upstream: dy }) => div(dy, add(y, y))),
  sigmoid: unary('Sigmoid', ({ outputs: [y], upstream: dy }) => mul(dy, sub(y, mul(y, y)))),

  silu: {
    type: sameType,
    emit: (e, { names: [x], inputs }) => [
      e.supports('QuickGelu', inputs[0].dtype)
        ? e.fused('QuickGelu', [x], { alpha: { float: 1 } })
        : e.op('Mul', [x, e.op('Sigmoid', [x])]),
    ],
    gradient: ({ inputs: [x], upstream: dy }) => [() => mul(dy, siluDerivative(x))],
  },

  // Second and third output, kept for the gradient: silu(gate) and sigmoid(gate).
  swiglu: {
    type: ([gate, up]) => [...broadcastTypes([gate, up]), gate, gate].map(({ dtype, shape }) => ({ dtype, shape })),
    emit: (e, { names: [gate, up], inputs, used }) => {
      if (!used[1] && !used[2] && e.supports('QuickGelu', inputs[0].dtype)) {
        return [e.op('Mul', [e.fused('QuickGelu', [gate], { alpha: { float: 1 } }), up])];
      }
      const sigmoid = e.op('Sigmoid', [gate]);
      const activated = e.op('Mul', [gate, sigmoid]);
      return [e.op('Mul', [activated, up]), activated, sigmoid];
    },
    // With s = sigmoid(gate) and the output h = gate·s·up: dh/dgate = s·up + h·(1 − s) = s·(up − h) + h.
    gradient: ({ inputs: [, up], outputs: [h, activated, s], upstream: dy }) => [
      () => mul(dy, add(mul(s, sub(up, h)), h)),
      () => mul(dy, activated),
    ],
  },

  gelu: {
    type: sameType,
    emit: (e, { names: [x], inputs: [{ dtype }] }) => [
      e.supports('FastGelu', dtype)
        ? e.fused('FastGelu', [x])
        : e.op('Mul', [x, e.op('Sigmoid', [emitGeluExponent(e, x, dtype)])]),
    ],
    // With s = sigmoid(z), y = x·s and z = a·(x + b·x³): dy/dx = s + y·(1 − s)·a·(1 + 3b·x²).
    gradient: ({ inputs: [x], outputs: [y], upstream: dy }) => [
      () => {
        const square = mul(x, x);
        const s = sigmoid(mul(x, affine(square, geluScale * geluCubic, geluScale)));
        const slope = affine(square, 3 * geluScale * geluCubic, geluScale);
        return mul(dy, add(s, mul(sub(y, mul(y, s)), slope)));
      },
    ],
  },

  select: {
    type: ([condition, a, b]) => {
      const [{ dtype, shape }] = broadcastTypes([a, b]);
      return broadcastTypes([condition, { dtype, shape }]);
    },
    // Not a product with 0 and 1: what is not chosen may be no number.
    emit: (e, { names: [condition, a, b], inputs: [{ dtype }] }) => [
      e.op('Where', [e.op('Greater', [condition, e.scalar(0, dtype)]), a, b]),
    ],
    gradient: ({ inputs: [condition, a], upstream: dy }) => {
      const zero = scalar(a, 0);
      return [undefined, () => select(condition, dy, zero), () => select(condition, zero, dy)];
    },
  },

  cast: {
    type: ([x], { to }) => [{ dtype: to, shape: x.shape }],
    emit: (e, { names, params }) => [e.op('Cast', names, { to: params.to === 'float32' ? 1 : 11 })],
    gradient: ({ inputs: [x], upstream: dy }) => [
      () => (x.dtype === 'float32' || x.dtype === 'float64' ? cast(dy, x.dtype) : dy),
    ],
  },
};

// ½·(1 + tanh(u)) = sigmoid(2u), here with u = √(2/π)·(x + 0.044715·x³).
const geluScale = 2 * Math.sqrt(2 / Math.PI);
const geluCubic = 0.044715;

function emitGeluExponent(e: Emitter, x: string, dtype: DType): string {
  const cubic = e.op('Mul', [e.op('Mul', [x, x]), e.scalar(geluScale * geluCubic, dtype)]);
  return e.op('Mul', [x, e.op('Add', [cubic, e.scalar(geluScale, dtype)])]);
}

/** factor · x + offset. */
function affine(x: Value, factor: number, offset: number): Value {
  return add(mul(x, scalar(x, factor)), scalar(x, offset));
}

/** d silu(x) / dx = s + y − y·s with s = sigmoid(x), y = x·s. */
function siluDerivative(x: Value): Value {
  const s = sigmoid(x);
  const y = mul(x, s);
  return sub(add(s, y), mul(y, s));
}
