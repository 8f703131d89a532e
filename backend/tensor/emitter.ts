import type { Device } from '../base/device';
import { type CheckedOp, supports } from './devices';
import type { Dim, Shape } from './dims';
import { dimFactors, sumTerms } from './dims';
import type { ConstantData, DType } from './graph';

export type Attribute = number | string | readonly number[] | { readonly float: number };

/** One ONNX node before it is written as protobuf. */
export interface OnnxNode {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface OnnxConstant {
  readonly name: string;
  readonly data: ConstantData;
  readonly dims: readonly number[];
}

/** Collects ONNX nodes: what the emission rules of the primitives write to. */
export class Emitter {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  private readonly interned = new Map<string, string>();
  private readonly dims = new Map<string, string>();
  private readonly shared = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  private scope = '';

  /** `symbols` tells for each symbolic dimension which graph input and axis hold its value. */
  constructor(
    private readonly device: Device,
    private readonly symbols: ReadonlyMap<string, { readonly input: string; readonly axis: number }>,
  ) {}

  setScope(scope: string): void {
    this.scope = scope === '' ? '' : `${scope}.`;
  }

  supports(op: CheckedOp, dtype: DType): boolean {
    return supports(this.device, op, dtype);
  }

  /** Writes a node with one output and returns the output's name. */
  op(type: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, domain = ''): string {
    return this.ops(type, inputs, 1, attributes, domain)[0];
  }

  /** Writes a node of Microsoft's operator set, which every build of ONNX Runtime has. */
  fused(
    type: 'FastGelu' | 'FusedMatMul' | 'MatMulIntegerToFloat' | 'MatMulNBits' | 'QuickGelu' | 'RotaryEmbedding',
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
  ): string {
    return this.op(type, inputs, attributes, 'com.microsoft');
  }

  ops(
    type: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): readonly string[] {
    const name = this.name(type);
    const outputs = Array.from({ length: outputCount }, (_, i) => (i === 0 ? name : `${name}:${i}`));
    this.nodes.push({ type, domain, inputs, outputs, attributes });
    return outputs;
  }

  /** An int64 vector known now. */
  ints(values: readonly number[]): string {
    return this.constant(`int64${JSON.stringify(values)}`, BigInt64Array.from(values.map(BigInt)), [values.length]);
  }

  /** A float scalar known now. */
  scalar(value: number, dtype: DType): string {
    const data = dtype === 'float64' ? Float64Array.of(value) : Float32Array.of(value);
    return this.constant(`${dtype}:${value}`, data, []);
  }

  /** An int64 vector of one element: the value of a dimension. */
  dim(dim: Dim): string {
    if (typeof dim === 'number') return this.ints([dim]);
    const known = this.dims.get(dim);
    if (known !== undefined) return known;
    const { count, symbols } = dimFactors(dim);
    const operands = symbols.map((symbol) => this.symbol(symbol));
    if (count !== 1) operands.push(this.ints([count]));
    const result = operands.reduce((a, b) => this.op('Mul', [a, b]));
    this.dims.set(dim, result);
    return result;
  }

  /** An int64 vector: a whole shape. */
  shape(shape: Shape): string {
    if (shape.every((dim) => typeof dim === 'number')) return this.ints(shape);
    const key = `shape ${shape.join(',')}`;
    const known = this.dims.get(key);
    if (known !== undefined) return known;
    const result = this.op(
      'Concat',
      shape.map((dim) => this.dim(dim)),
      { axis: 0 },
    );
    this.dims.set(key, result);
    return result;
  }

  /** What several nodes read, written where the first of them stands. */
  once(key: string, write: () => string): string {
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const result = write();
    this.shared.set(key, result);
    return result;
  }

  private symbol(symbol: string): string {
    const known = this.dims.get(symbol);
    if (known !== undefined) return known;
    const terms = sumTerms(symbol);
    let result: string;
    if (terms === undefined) {
      const place = this.symbols.get(symbol);
      if (place === undefined) throw new Error(`no input of the graph has the dimension ${symbol}`);
      result = this.op('Shape', [place.input], { start: place.axis, end: place.axis + 1 });
    } else {
      result = this.op('Add', [this.dim(terms[0]), this.dim(terms[1])]);
    }
    this.dims.set(symbol, result);
    return result;
  }

  /** A float matrix known now; equal keys are of equal matrices. */
  matrix(key: string, { data, dims }: Omit<OnnxConstant, 'name'>): string {
    return this.constant(key, data, dims);
  }

  private constant(key: string, data: ConstantData, dims: readonly number[]): string {
    const known = this.interned.get(key);
    if (known !== undefined) return known;
    const name = `const/${key}`;
    this.interned.set(key, name);
    this.constants.push({ name, data, dims });
    return name;
  }

  private name(type: string): string {
    const base = `${this.scope}${type}`;
    const count = this.counts.get(base) ?? 0;
    this.counts.set(base, count + 1);
    return count === 0 ? base : `${base}_${count}`;
  }
}
