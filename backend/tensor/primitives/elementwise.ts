/** Elementwise primitives; binary ones broadcast. */
import { add, cast, div, mul, neg, sigmoid, sub } from '../ops';
import type { Value } from '../graph';
import type { Application, Family, None, Primitive } from './primitive';
import { broadcastTypes, sameType } from './rules';

function binary(onnx: string, gradient: Primitive<None>['gradient']): Primitive<None> {
  return { type: broadcastTypes, emit: (e, { names }) => [e.op(onnx, names)], gradient };
}

function unary(onnx: string, gradient: (a: Application<None>) => Value): Primitive<None> {
  return { type: sameType, emit: (e, { names }) => [e.op(onnx, names)], gradient: (a) => [() => gradient(a)] };
}

export const elementwise: Family<
  'add' | 'sub' | 'mul' | 'div' | 'neg' | 'exp' | 'log' | 'sqrt' | 'sigmoid' | 'silu' | 'swiglu' | 'cast'
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

  swiglu: {
    type: broadcastTypes,
    emit: (e, { names: [gate, up], inputs }) => {
      const activated = e.supports('QuickGelu', inputs[0].dtype)
        ? e.fused('QuickGelu', [gate], { alpha: { float: 1 } })
        : e.op('Mul', [gate, e.op('Sigmoid', [gate])]);
      return [e.op('Mul', [activated, up])];
    },
    // With s = sigmoid(gate) and the output h = gate·s·up: dh/dgate = s·up + h·(1 − s) = s·(up − h) + h.
    gradient: ({ inputs: [gate, up], outputs: [h], upstream: dy }) => [
      () => mul(dy, add(mul(sigmoid(gate), sub(up, h)), h)),
      () => mul(dy, mul(gate, sigmoid(gate))),
    ],
  },

  cast: {
    type: ([x], { to }) => [{ dtype: to, shape: x.shape }],
    emit: (e, { names, params }) => [e.op('Cast', names, { to: params.to === 'float32' ? 1 : 11 })],
    gradient: ({ inputs: [x], upstream: dy }) => [
      () => (x.dtype === 'float32' || x.dtype === 'float64' ? cast(dy, x.dtype) : dy),
    ],
  },
};

/** d silu(x) / dx = s + y − y·s with s = sigmoid(x), y = x·s. */
function siluDerivative(x: Value): Value {
  const s = sigmoid(x);
  const y = mul(x, s);
  return sub(add(s, y), mul(y, s));
}
