/** What a GGUF file says of a model: the inverse of ../config.ts. */
import { UserError } from '../../../base/errors';
import type { ModelConfig } from '../../../model/architectures/config';
import { usualTypes } from '../../../model/architectures/gemma3-config';
import { layerTypes } from '../../../model/architectures/llama-config';
import { type Rope, ropeFrequencies } from '../../../model/architectures/rope';
import { architectureOfFamily, type GgufArchitecture, type Sizes } from '../families';
import type { Entry } from './file';

const count = (value: number): Entry => ({ type: 'uint32', value });
const number = (value: number): Entry => ({ type: 'float32', value });
const text = (value: string): Entry => ({ type: 'string', value });

/** llama.cpp's name of what a model computes. Throws UserError for what it does not compute, which is named. */
export function requireArchitecture(config: ModelConfig): GgufArchitecture {
  const next = 'Write a folder instead, which transformers loads.';
  const architecture = architectureOfFamily(config.architecture);
  if (architecture === undefined) {
    throw new UserError(`No GGUF file is written of models of the family ${config.architecture}.`, next);
  }
  const odd = oddity(architecture, config);
  if (odd === undefined) return architecture;
  throw new UserError(
    `No GGUF file is written of this model: it has ${odd}, which llama.cpp does not compute with ${architecture}.`,
    next,
  );
}

/** What of a configuration a file of this architecture cannot say. */
function oddity(architecture: GgufArchitecture, config: ModelConfig): string | undefined {
  const { biases = [], activation, slidingWindow, maxPositions, scales, headSize, layers, heads, hiddenSize } = config;
  const usualActivation = architecture === 'gemma3' || architecture === 'gpt2' ? 'gelu' : 'silu';
  const usualBiases = architecture === 'qwen2' ? ['q_proj', 'k_proj', 'v_proj'] : [];
  if (activation !== usualActivation) return `the activation ${activation}`;
  if (biases.join() !== usualBiases.join()) return `a bias of ${biases.find((name) => !usualBiases.includes(name))}`;
  if (config.scaleByLayer === true) return 'a scale of scores by layer';
  if (architecture.startsWith('qwen') && slidingWindow !== undefined && slidingWindow.size < maxPositions) {
    return 'a sliding window';
  }
  if (architecture === 'smollm3') {
    const { unturnedLayers = [] } = config;
    const isUsual = Array.from({ length: layers }, (_, i) => unturnedLayers.includes(i) === ((i + 1) % 4 === 0));
    return isUsual.every(Boolean) ? undefined : 'another order of layers that do not turn than each fourth';
  }
  if (architecture !== 'gemma3') return undefined;
  if (layerTypes(config).join() !== usualTypes(layers).join()) return 'another order of windows than five of six';
  const size = layers === 62 ? hiddenSize / heads : headSize;
  if (Math.abs((scales?.attention ?? 0) * Math.sqrt(size) - 1) > 1e-6) return 'a scale of scores of its own';
  return config.slidingRope?.theta === 10_000 ? undefined : 'a base of the rotary positions in windows of its own';
}

export function sizesOf(config: ModelConfig): Sizes {
  const { layers, hiddenSize: hidden, feedForwardSize: feedForward, vocabularySize: vocabulary } = config;
  const { heads, keyValueHeads, headSize, maxPositions: positions } = config;
  return { layers, hidden, feedForward, vocabulary, heads, keyValueHeads, headSize, positions };
}

export function configMetadata(architecture: GgufArchitecture, config: ModelConfig): [string, Entry][] {
  const { slidingWindow, rope } = config;
  const own: [string, Entry][] = [
    ['block_count', count(config.layers)],
    ['context_length', count(config.maxPositions)],
    ['embedding_length', count(config.hiddenSize)],
    ['feed_forward_length', count(config.feedForwardSize)],
    ['attention.head_count', count(config.heads)],
    ['attention.head_count_kv', count(config.keyValueHeads)],
    ['vocab_size', count(config.vocabularySize)],
    [`attention.layer_norm_${architecture === 'gpt2' ? '' : 'rms_'}epsilon`, number(config.normEpsilon)],
    ...(slidingWindow === undefined
      ? []
      : [['attention.sliding_window', count(slidingWindow.size)] as [string, Entry]]),
    ...(rope === undefined ? [] : ropeMetadata(config, rope)),
    ...(architecture === 'granite' ? scalesMetadata(config) : []),
  ];
  return own.map(([key, entry]) => [`${architecture}.${key}`, entry]);
}

const scalesMetadata = ({ scales = {} }: ModelConfig): [string, Entry][] => [
  ['embedding_scale', number(scales.embedding ?? 1)],
  ['residual_scale', number(scales.residual ?? 1)],
  ['attention.scale', number(scales.attention ?? 1)],
  ['logit_scale', number(scales.logits ?? 1)],
];

function ropeMetadata({ headSize, maxPositions }: ModelConfig, { theta, scaling }: Rope): [string, Entry][] {
  const common: [string, Entry][] = [
    ['attention.key_length', count(headSize)],
    ['attention.value_length', count(headSize)],
    ['rope.dimension_count', count(headSize)],
    ['rope.freq_base', number(theta)],
  ];
  if (scaling?.type === 'linear') {
    return [...common, ['rope.scaling.type', text('linear')], ['rope.scaling.factor', number(scaling.factor)]];
  }
  if (scaling?.type !== 'yarn') return common;
  if (scaling.fastTurns !== 32 || scaling.slowTurns !== 1 || !scaling.wholePairs || scaling.factor <= 1) {
    throw new UserError(
      'No GGUF file is written of this model: it stretches its positions by YaRN in a way of its own.',
      'Write a folder instead, which transformers loads.',
    );
  }
  return [
    ...common,
    ['rope.scaling.type', text('yarn')],
    ['rope.scaling.factor', number(scaling.factor)],
    ['rope.scaling.original_context_length', count(Math.min(scaling.originalPositions, maxPositions))],
    // llama.cpp multiplies what transformers replaces.
    ['rope.scaling.attn_factor', number(scaling.attentionFactor / (0.1 * Math.log(scaling.factor) + 1))],
  ];
}

/** What rotary frequencies are divided by, where that is no formula of llama.cpp: one number for each. */
export function ropeFactors({ rope, headSize }: ModelConfig): Float32Array | undefined {
  if (rope?.scaling?.type !== 'llama3') return undefined;
  const scaled = ropeFrequencies(rope, headSize);
  return ropeFrequencies({ theta: rope.theta }, headSize).map((plain, i) => plain / scaled[i]);
}
