/** The graph of Llama and what has its shape; letters as in layers.ts. */
import { multiplyDims } from '../../tensor/dims';
import type { Graph, Value } from '../../tensor/graph';
import { add, concat, gather, gelu, mul, reshape, rmsNorm, rope, scalar, slice, swiglu } from '../../tensor/ops';
import type { Architecture, KeyValues, LinearModule, ModelInputs, ModelOutputs } from './architecture';
import { type BlockNames, blockNames } from './block-names';
import type { ModelConfig } from './config';
import {
  attend,
  type LayerContext,
  linear,
  linears as throughAll,
  newContext,
  residualStack,
  windowed,
} from './layers';
import { type Rope, ropeTables, rotarySize } from './rope';

const within = (layer: number, name: string): string => `model.layers.${layer}.${name}`;
const namesOf = ({ architecture }: ModelConfig): BlockNames => blockNames(architecture);

/** The linear layers of a layer, those together that read the same. */
const readersOf = ({ inputs, output, gateUp, down }: BlockNames): readonly (readonly string[])[] => [
  inputs,
  [output],
  gateUp,
  [down],
];

/** [out, in] of the linear layers of a layer. */
function shapesOf(config: ModelConfig): ReadonlyMap<string, readonly [number, number]> {
  const { hiddenSize: D, feedForwardSize: F, heads, headSize } = config;
  const { inputs, output, gateUp, down } = namesOf(config);
  const widths = (names: readonly string[], parts: readonly number[]): readonly number[] =>
    names.length === 1 ? [parts.reduce((a, b) => a + b)] : parts;
  const reading = (names: readonly string[], parts: readonly number[]): [string, [number, number]][] =>
    widths(names, parts).map((width, i) => [names[i], [width, D]]);
  return new Map([
    ...reading(inputs, inputWidths(config)),
    [output, [D, heads * headSize]],
    ...reading(gateUp, [F, F]),
    [down, [D, F]],
  ]);
}

/** Of queries, keys and values. */
const inputWidths = ({ heads, keyValueHeads, headSize: d }: ModelConfig): [number, number, number] => [
  heads * d,
  keyValueHeads * d,
  keyValueHeads * d,
];

function linears(config: ModelConfig): LinearModule[] {
  const shapes = [...shapesOf(config)];
  return Array.from({ length: config.layers }, (_, layer) =>
    shapes.map(([path, [out, input]]) => {
      const name = path.slice(path.lastIndexOf('.') + 1);
      const bias = config.biases?.includes(name) === true;
      return { name, path: within(layer, path), layer, out, in: input, transposed: false, bias };
    }),
  ).flat();
}

function parameters(config: ModelConfig): Map<string, readonly number[]> {
  const { hiddenSize: D, vocabularySize: V, headSize: d } = config;
  const { norms, outputNorms, headNorms } = namesOf(config);
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [V, D]]]);
  const modules = linears(config);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const norm of Object.values({ ...norms })) shapes.set(`${within(layer, norm)}.weight`, [D]);
    for (const norm of Object.values({ ...outputNorms })) shapes.set(`${within(layer, norm)}.weight`, [D]);
    for (const norm of Object.values({ ...headNorms })) shapes.set(`${within(layer, norm)}.weight`, [d]);
    for (const { path, out, in: input, bias } of modules.filter((module) => module.layer === layer)) {
      shapes.set(`${path}.weight`, [out, input]);
      if (bias) shapes.set(`${path}.bias`, [out]);
    }
  }
  shapes.set('model.norm.weight', [D]);
  if (!config.tiedHead) shapes.set('lm_head.weight', [V, D]);
  return shapes;
}

interface LlamaContext extends LayerContext {
  readonly names: BlockNames;
  /** x [e, N, heads·d] of a layer turned by its positions. */
  readonly turn: (layer: number, x: Value, heads: number) => Value;
}

function trace(graph: Graph, config: ModelConfig, inputs: ModelInputs): ModelOutputs {
  const common = newContext(graph, config, inputs, linears(config));
  const context: LlamaContext = { ...common, names: namesOf(config), turn: rotation(graph, common) };
  const { embedding, logits = 1 } = config.scales ?? {};
  return residualStack(graph, context, {
    embed: (ids) => times(gather(inputs.weight('model.embed_tokens.weight'), ids), embedding),
    attention: (layer, x) => attention(context, layer, x),
    feedForward: (layer, x) => feedForward(context, layer, x),
    // The head is linear: what scales its logits may scale what it reads.
    finalNorm: (x) => times(norm(context, 'model.norm', x), 1 / logits),
  });
}

const times = (x: Value, factor = 1): Value => (factor === 1 ? x : mul(x, scalar(x, factor)));

function rotation(graph: Graph, { config, B, T, offset }: LayerContext): LlamaContext['turn'] {
  const { headSize: d, maxPositions: P } = config;
  const made = new Map<Rope, { readonly cos: Value; readonly sin: Value }>();
  const tablesOf = (settings: Rope): { readonly cos: Value; readonly sin: Value } => {
    const known = made.get(settings);
    if (known !== undefined) return known;
    const { cos, sin } = ropeTables(settings, d, P);
    const shape = [P, cos.length / P];
    const tables = { cos: graph.constant(cos, shape), sin: graph.constant(sin, shape) };
    made.set(settings, tables);
    return tables;
  };
  return (layer, x, heads) => {
    const settings = ropeOf(config, layer);
    if (settings === undefined) return x;
    const turned = rotarySize(settings, d);
    const texts = multiplyDims(x.shape[0], B);
    const whole = (some: Value): Value =>
      rope(reshape(some, [texts, T, heads * turned]), { ...tablesOf(settings), offset }, { heads });
    if (turned === d) return reshape(whole(x), x.shape);
    const perHead = reshape(x, [texts, T, heads, d]);
    const [first, rest] = parts(perHead, [turned, d - turned]);
    return reshape(concat([reshape(whole(first), first.shape), rest], 3), x.shape);
  };
}

/** How positions turn the queries and keys of a layer, where they do. */
function ropeOf(config: ModelConfig, layer: number): Rope | undefined {
  if (config.unturnedLayers?.includes(layer) === true) return undefined;
  return windowed(config, layer) ? (config.slidingRope ?? config.rope) : config.rope;
}

/** norm ──┬─ q ─ rope ─┬─ attention ─ o ─→, with k turned likewise; some families norm q and k by head before, and what comes out. */
function attention(context: LlamaContext, layer: number, x: Value): { output: Value; cache: KeyValues } {
  const { config, names, turn } = context;
  const { heads: H, keyValueHeads: G } = config;
  const { queries, keys } = names.headNorms ?? {};
  const [q, k, v] = projected(
    context,
    layer,
    names.inputs,
    inputWidths(config),
    normed(context, layer, 'attention', x),
  );
  const attended = attend(context, layer, {
    q: turn(layer, headNorm(context, layer, queries, q), H),
    k: turn(layer, headNorm(context, layer, keys, k), G),
    v,
  });
  const output = linear(context, within(layer, names.output), attended.output);
  return { output: given(context, layer, 'attention', output), cache: attended.cache };
}

function feedForward(context: LlamaContext, layer: number, x: Value): Value {
  const { config, names } = context;
  const { activation, feedForwardSize: F } = config;
  const normal = normed(context, layer, 'feedForward', x);
  const [gate, up] = projected(context, layer, names.gateUp, [F, F], normal);
  const inner = activation === 'silu' ? swiglu(gate, up) : mul(gelu(gate), up);
  return given(context, layer, 'feedForward', linear(context, within(layer, names.down), inner));
}

/** x through linear layers that read the same, or through one that has all their outs side by side. */
function projected(
  context: LayerContext,
  layer: number,
  names: readonly string[],
  widths: readonly number[],
  x: Value,
): readonly Value[] {
  const outs = throughAll(
    context,
    names.map((name) => within(layer, name)),
    x,
  );
  return names.length === 1 ? parts(outs[0], widths) : outs;
}

/** Parts of these widths along the last dimension. */
function parts(x: Value, widths: readonly number[]): Value[] {
  let from = 0;
  return widths.map((width) => slice(x, x.shape.length - 1, from, (from += width)));
}

type Half = keyof BlockNames['norms'];

/** What a half reads of the stream. */
const normed = (context: LlamaContext, layer: number, half: Half, x: Value): Value =>
  norm(context, within(layer, context.names.norms[half]), x);

/** What a half adds to the stream. */
function given(context: LlamaContext, layer: number, half: Half, x: Value): Value {
  const { names, config } = context;
  const own = names.outputNorms === undefined ? x : norm(context, within(layer, names.outputNorms[half]), x);
  return times(own, config.scales?.residual);
}

function norm({ config, names, weight }: LlamaContext, path: string, x: Value): Value {
  const own = weight(`${path}.weight`);
  return rmsNorm(x, names.normsAroundOne === true ? add(own, scalar(own, 1)) : own, config.normEpsilon);
}

function headNorm(context: LlamaContext, layer: number, name: string | undefined, x: Value): Value {
  if (name === undefined) return x;
  const d = context.config.headSize;
  const perHead = reshape(x, [...x.shape.slice(0, 2), Number(x.shape[2]) / d, d]);
  return reshape(norm(context, within(layer, name), perHead), x.shape);
}

/**
 * Llama, Mistral, Qwen2 and Qwen3 (Touvron et al. 2023): RMS norms, rotary positions, grouped queries, gated feed-forward; Gemma 3
 * (Gemma Team 2025) with more norms, scaled embeddings, and two kinds of rotary positions; SmolLM3 with layers that do not turn;
 * Granite with scales; Phi-3 with joined projections.
 */
export const llama: Architecture = {
  parameters,
  linears,
  readers: (config) =>
    Array.from({ length: config.layers }, (_, layer) =>
      readersOf(namesOf(config)).map((some) => some.map((name) => within(layer, name))),
    ).flat(),
  headName: ({ tiedHead }) => (tiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight'),
  trace,
};
