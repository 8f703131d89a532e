import { sameShape, type Shape, showShape } from './dims';
import type { Node, Value } from './graph';
import { add, reshape, sum } from './ops';
import type { Application, GradientRule, PrimitiveName, PrimitiveParams } from './primitives/primitive';
import { primitives } from './primitives/table';

/** Whether output `output` of a node is computed again for the backward pass; what is not is kept until then. */
export type Recomputed = (node: Node, output: number) => boolean;

/**
 * Reverse-mode differentiation: appends to the graph the gradients of `loss` with respect to each of `parameters`.
 * `upstream` is the gradient that enters at `loss` and has its shape. Parameters are any values of the graph. Only nodes on a
 * path from a parameter to the loss are visited, and each rule is asked only for the inputs that lie on such a path. What
 * `recomputed` names reaches the rules as made once more, by nodes of their own: a session must not merge these with the first
 * ones (`mergeDuplicates`).
 *
 * Throws where a parameter does not influence the loss, where a node on the path has no gradient rule, and where a rule
 * returns a gradient of the wrong shape (naming the operation).
 */
export function gradients(
  loss: Value,
  upstream: Value,
  parameters: readonly Value[],
  recomputed: Recomputed = () => false,
): Value[] {
  const { nodes } = loss.graph;
  const dependent = dependentOn(parameters, nodes);
  const again = createAgain(recomputed);
  const wanted = new Set(parameters.map((parameter) => parameter.id));
  const pending = new Map<number, Value>([[loss.id, upstream]]);
  for (const node of nodes.slice().reverse()) {
    const arrived = node.outputs.map((output) => pending.get(output.id));
    const [dy] = arrived;
    if (arrived.slice(1).some((value) => value !== undefined)) {
      throw new Error(`${where(node)}: a gradient reaches an output that is only kept for the backward pass`);
    }
    if (dy === undefined || !dependent.has(node.outputs[0].id)) continue;
    loss.graph.within(`backward.${node.scope}`, () => {
      inputGradients(node, again, dy).forEach((rule, i) => {
        const input = node.inputs[i];
        if (rule === undefined || !dependent.has(input.id)) return;
        const gradient = sumToShape(rule(), input.shape, node);
        const sofar = pending.get(input.id);
        pending.set(input.id, sofar === undefined ? gradient : add(sofar, gradient));
      });
    });
    if (!wanted.has(node.outputs[0].id)) pending.delete(node.outputs[0].id);
  }
  return parameters.map((parameter) => {
    const gradient = pending.get(parameter.id);
    if (gradient === undefined)
      throw new Error(`the loss does not depend on a parameter ${showShape(parameter.shape)}`);
    return gradient;
  });
}

function dependentOn(parameters: readonly Value[], nodes: readonly Node[]): Set<number> {
  const dependent = new Set(parameters.map((parameter) => parameter.id));
  for (const node of nodes) {
    if (node.inputs.some((input) => dependent.has(input.id)))
      node.outputs.forEach((output) => dependent.add(output.id));
  }
  return dependent;
}

/** What the backward pass reads instead of a value: the same computed again, or the value itself. */
type Again = (value: Value) => Value;

function createAgain(recomputed: Recomputed): Again {
  const made = new Map<Node, readonly Value[]>();
  const again: Again = (value) => {
    const { source } = value;
    if (source.kind !== 'node' || !recomputed(source.node, source.index)) return value;
    const { node, index } = source;
    const outputs = made.get(node) ?? value.graph.apply(node.op, node.inputs.map(again), node.params);
    made.set(node, outputs);
    return outputs[index];
  };
  return again;
}

function inputGradients<P extends PrimitiveName>(
  node: Node<P>,
  again: Again,
  upstream: Value,
): ReturnType<GradientRule<never>> {
  const { gradient } = primitives[node.op];
  if (gradient === 'none') throw new Error(`${where(node)}: no gradient is defined`);
  const [inputs, outputs] = [node.inputs.map(again), node.outputs.map(again)];
  const application: Application<PrimitiveParams[P]> = { ...node, inputs, outputs, upstream };
  return gradient(application);
}

/** The one place where broadcasting is undone: sums over the dimensions that the forward pass stretched. */
function sumToShape(gradient: Value, shape: Shape, node: Node): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, i) => (i < extra || (shape[i - extra] === 1 && dim !== 1) ? [i] : []));
  const summed = axes.length > 0 ? reshape(sum(gradient, axes, true), shape) : gradient;
  if (!sameShape(summed.shape, shape)) {
    throw new Error(`${where(node)}: gradient ${showShape(gradient.shape)} for an input ${showShape(shape)}`);
  }
  return summed;
}

function where(node: Node): string {
  return node.scope === '' ? node.op : `${node.op} in ${node.scope}`;
}
