import { type Shape, showShape } from './dims';
import type { PrimitiveName, PrimitiveParams, PrimitiveTable } from './primitives/primitive';

export type DType = 'float32' | 'float64' | 'float16' | 'bfloat16' | 'int64' | 'uint8';

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Bytes inside a file that ONNX Runtime reads by itself: a tensor of a safetensors file, without a copy in JavaScript. */
export interface ExternalBytes {
  /** File name inside the folder that the session is given. */
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

export type ConstantData = Float32Array | Float64Array | BigInt64Array;

/** Where a value comes from. */
export type NodeSource =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly data: ConstantData }
  | { readonly kind: 'weight'; readonly name: string; readonly bytes: ExternalBytes }
  | { readonly kind: 'node'; readonly node: Node; readonly index: number };

/** A tensor in a graph: it has a type now and data only when the graph runs. */
export interface Value extends TensorType {
  readonly graph: Graph;
  readonly id: number;
  readonly source: NodeSource;
}

/** One application of a primitive. */
export interface Node<P extends PrimitiveName = PrimitiveName> {
  readonly op: P;
  readonly params: PrimitiveParams[P];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Where in the model the node stands: `layers.0.attention`. */
  readonly scope: string;
}

/** An operation was given tensors that it cannot take. A defect in the model's code, never a user's mistake. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/**
 * A traced computation: a list of primitive applications in the order in which they were made, which is also a
 * topological order. Values are made by `input`, `constant`, `weight` and by the functions of ops.ts.
 */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  private readonly scopes: string[] = [];
  private nextId = 0;

  constructor(private readonly primitives: PrimitiveTable) {}

  input(name: string, dtype: DType, shape: Shape): Value {
    if (this.inputs.some((other) => other.source.kind === 'input' && other.source.name === name)) {
      throw new ShapeError(`the graph already has an input named ${name}`);
    }
    const value = this.value({ dtype, shape }, { kind: 'input', name });
    this.inputs.push(value);
    return value;
  }

  constant(data: ConstantData, shape: Shape): Value {
    const dtype = data instanceof Float32Array ? 'float32' : data instanceof Float64Array ? 'float64' : 'int64';
    return this.value({ dtype, shape }, { kind: 'constant', data });
  }

  weight(name: string, type: TensorType, bytes: ExternalBytes): Value {
    return this.value(type, { kind: 'weight', name, bytes });
  }

  /** Runs `build` with `name` added to the scope of every node that it makes. */
  within<T>(name: string, build: () => T): T {
    this.scopes.push(name);
    try {
      return build();
    } finally {
      this.scopes.pop();
    }
  }

  /** Applies a primitive; returns all its outputs. Throws ShapeError where its shape rule refuses the inputs. */
  apply<P extends PrimitiveName>(op: P, inputs: readonly Value[], params: PrimitiveParams[P]): readonly Value[] {
    for (const input of inputs) {
      if (input.graph !== this) throw new ShapeError(`${op}: an input belongs to another graph`);
    }
    const types = this.outputTypes(op, inputs, params);
    const outputs: Value[] = [];
    const node: Node<P> = { op, params, inputs, outputs, scope: this.scopes.join('.') };
    types.forEach((type, index) => outputs.push(this.value(type, { kind: 'node', node, index })));
    this.nodes.push(node);
    return outputs;
  }

  private outputTypes<P extends PrimitiveName>(
    op: P,
    inputs: readonly Value[],
    params: PrimitiveParams[P],
  ): readonly TensorType[] {
    try {
      return this.primitives[op].type(inputs, params);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      const shapes = inputs.map((input) => `${input.dtype}${showShape(input.shape)}`).join(', ');
      const scope = this.scopes.length > 0 ? ` in ${this.scopes.join('.')}` : '';
      throw new ShapeError(`${op}(${shapes})${scope}: ${error.message}`);
    }
  }

  private value(type: TensorType, source: NodeSource): Value {
    return { graph: this, id: this.nextId++, dtype: type.dtype, shape: type.shape, source };
  }
}

/** The graph as typed, shaped lines, one per node: what tests read. */
export function printGraph(graph: Graph): string {
  const name = (value: Value): string => (value.source.kind === 'input' ? value.source.name : `%${value.id}`);
  return graph.nodes
    .map((node) => {
      const outputs = node.outputs.map((output) => `${name(output)}: ${output.dtype}${showShape(output.shape)}`);
      const params = JSON.stringify(node.params);
      const suffix = params === '{}' ? '' : ` ${params}`;
      return `${outputs.join(', ')} = ${node.op}(${node.inputs.map(name).join(', ')})${suffix}`;
    })
    .join('\n');
}
