import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import type { Device } from '../base/device';
import type { Shape } from './dims';
import { type Attribute, Emitter, type OnnxConstant, type OnnxNode } from './emitter';
import type { ConstantData, DType, Graph, Node, Value } from './graph';
import type { PrimitiveName } from './primitives/primitive';
import { primitives } from './primitives/table';

const elementType: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int64: 7,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};
// The newest pair that every ONNX Runtime of the last two years reads.
const irVersion = 9n;
const opset = 21n;

/**
 * Writes the part of a graph that `outputs` need as ONNX. Only inputs that the part reads become graph inputs.
 * Weights stay references into their files (ONNX external data).
 */
export function toOnnx(graph: Graph, outputs: ReadonlyMap<string, Value>, device: Device): Uint8Array {
  const { nodes, values } = reachable(graph, [...outputs.values()]);
  const inputs = graph.inputs.filter((input) => values.has(input.id));
  const emitter = new Emitter(device, symbolsOf(graph.inputs.filter((input) => values.has(input.id))));
  const names = new Map<number, string>();
  const leaves = nameLeaves([...values.values()], names);
  for (const node of nodes) emitNode(emitter, node, names, values);

  emitter.setScope('');
  const written = withOutputs(
    emitter.nodes,
    [...outputs].map(([name, value]) => [name, nameOf(value, names)]),
  );
  const proto: GraphProto = create(GraphProtoSchema, {
    name: 'polymath',
    // ONNX Runtime orders nodes itself, and walks back from each output that nothing reads, that of the last node in the file
    // first. With the first node last it computes in the order of the trace: what only a later node needs, right before that
    // node, and gradients of parameters as soon as they can be, not when those of all layers below are done.
    node: written.map(nodeProto).reverse(),
    initializer: [...emitter.constants, ...leaves.constants].map(constantProto).concat(leaves.weights.map(weightProto)),
    input: inputs.map((input) => valueInfo(nameOf(input, names), input.dtype, input.shape)),
    output: [...outputs].map(([name, value]) => valueInfo(name, value.dtype)),
    valueInfo: [...shapesOf(nodes, names, new Set(written.flatMap((node) => node.outputs)))],
  });
  const opsetImport = [
    { domain: '', version: opset },
    { domain: 'com.microsoft', version: 1n },
  ];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion, opsetImport, graph: proto }));
}

function reachable(graph: Graph, outputs: readonly Value[]): { nodes: Node[]; values: Map<number, Value> } {
  const values = new Map(outputs.map((value) => [value.id, value]));
  const nodes = graph.nodes
    .slice()
    .reverse()
    .filter((node) => {
      if (!node.outputs.some((output) => values.has(output.id))) return false;
      for (const input of node.inputs) values.set(input.id, input);
      return true;
    });
  return { nodes: nodes.reverse(), values };
}

function symbolsOf(inputs: readonly Value[]): Map<string, { input: string; axis: number }> {
  const symbols = new Map<string, { input: string; axis: number }>();
  for (const { source, shape } of inputs) {
    if (source.kind !== 'input') continue;
    shape.forEach((dim, axis) => {
      if (typeof dim === 'string' && !dim.includes('*')) symbols.set(dim, { input: source.name, axis });
    });
  }
  return symbols;
}

function nameLeaves(
  values: readonly Value[],
  names: Map<number, string>,
): { constants: OnnxConstant[]; weights: Value[] } {
  const constants: OnnxConstant[] = [];
  const weights: Value[] = [];
  for (const value of values) {
    const { source } = value;
    if (source.kind === 'input') names.set(value.id, source.name);
    if (source.kind === 'weight') {
      names.set(value.id, source.name);
      weights.push(value);
    }
    if (source.kind === 'constant') {
      const name = `constant/${value.id}`;
      names.set(value.id, name);
      constants.push({ name, data: source.data, dims: value.shape.map(Number) });
    }
  }
  return { constants, weights };
}

function emitNode<P extends PrimitiveName>(
  emitter: Emitter,
  node: Node<P>,
  names: Map<number, string>,
  values: ReadonlyMap<number, Value>,
): void {
  emitter.setScope(node.scope);
  const emission = {
    names: node.inputs.map((input) => nameOf(input, names)),
    inputs: node.inputs,
    outputs: node.outputs,
    params: node.params,
    used: node.outputs.map((output) => values.has(output.id)),
  };
  const emitted = primitives[node.op].emit(emitter, emission);
  emitted.forEach((name, i) => names.set(node.outputs[i].id, name));
}

/**
 * What is known of the shapes of nodes' results: ONNX Runtime infers fewer of those that depend on symbols. It looks for each result
 * through all buffers of sizes that it cannot compare, and with thousands of them takes longer for that than for all else.
 */
function shapesOf(
  nodes: readonly Node[],
  names: ReadonlyMap<number, string>,
  made: ReadonlySet<string>,
): Iterable<ValueInfoProto> {
  const known = new Map<string, ValueInfoProto>();
  for (const value of nodes.flatMap(({ outputs }) => outputs)) {
    const name = names.get(value.id);
    if (name !== undefined && made.has(name)) known.set(name, valueInfo(name, value.dtype, value.shape));
  }
  return known.values();
}

function nameOf(value: Value, names: ReadonlyMap<number, string>): string {
  const name = names.get(value.id);
  if (name === undefined) throw new Error(`value ${value.id} is used before it is computed`);
  return name;
}

/**
 * Nodes, and after them those that hand their results on as the graph's outputs. ONNX Runtime takes these away again, except where
 * another node reads the result too: there the result bears the output's name from the start, and is not copied.
 */
function withOutputs(
  nodes: readonly OnnxNode[],
  outputs: readonly (readonly [name: string, result: string])[],
): OnnxNode[] {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const renamed = new Map<string, string>();
  const handing: OnnxNode[] = [];
  for (const [name, result] of outputs) {
    if (made.has(result) && read.has(result) && !renamed.has(result)) renamed.set(result, name);
    else handing.push({ type: 'Identity', domain: '', inputs: [result], outputs: [name], attributes: {} });
  }
  const rename = (name: string): string => renamed.get(name) ?? name;
  return [...nodes, ...handing].map((node) => {
    return { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
  });
}

function nodeProto({ type, domain, inputs, outputs, attributes }: OnnxNode): GraphProto['node'][number] {
  return create(NodeProtoSchema, {
    name: outputs[0],
    opType: type,
    domain,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
  });
}

function attributeProto(name: string, value: Attribute): GraphProto['node'][number]['attribute'][number] {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  }
  if ('float' in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

function constantProto({ name, data, dims }: OnnxConstant): GraphProto['initializer'][number] {
  return create(TensorProtoSchema, {
    name,
    dataType: elementType[dtypeOf(data)],
    dims: dims.map(BigInt),
    rawData: new Uint8Array(
      data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength),
    ) as Uint8Array<ArrayBuffer>,
  });
}

function dtypeOf(data: ConstantData): DType {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Float64Array ? 'float64' : 'int64';
}

function weightProto(value: Value): GraphProto['initializer'][number] {
  if (value.source.kind !== 'weight') throw new Error('only weights have external data');
  const { name, bytes } = value.source;
  const entries = { location: bytes.file, offset: String(bytes.offset), length: String(bytes.length) };
  return create(TensorProtoSchema, {
    name,
    dataType: elementType[value.dtype],
    dims: value.shape.map((dim) => BigInt(dim)),
    dataLocation: DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, entry]) =>
      create(StringStringEntryProtoSchema, { key, value: entry }),
    ),
  });
}

function valueInfo(name: string, dtype: DType, shape?: Shape): ValueInfoProto {
  const dims = shape?.map((dim) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof dim === 'number' ? { case: 'dimValue', value: BigInt(dim) } : { case: 'dimParam', value: dim },
    }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: elementType[dtype],
    ...(dims === undefined ? {} : { shape: create(TensorShapeProtoSchema, { dim: dims }) }),
  });
  const type = create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } });
  return create(ValueInfoProtoSchema, { name, type });
}
