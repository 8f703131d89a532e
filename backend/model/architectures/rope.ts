/**
 * Rotary positions (Su et al. 2021): the pair i of a head's d elements turns by position · frequency i, and how models that were
 * stretched to longer texts change the frequencies.
 */
import { z } from 'zod';
import { parseFields, size, unsupported } from './fields';
import { tableOf } from '../../base/table';

export interface Rope {
  readonly theta: number;
  /** The share of a head's elements that turn, the first ones; all by default. */
  readonly share?: number;
  readonly scaling?: RopeScaling;
}

export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  /** Frequencies fall only beyond `maxPositions`, where no text reaches here. */
  | { readonly type: 'dynamic'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalPositions: number;
    }
  | {
      readonly type: 'yarn';
      readonly factor: number;
      readonly originalPositions: number;
      readonly attentionFactor: number;
      readonly fastTurns: number;
      readonly slowTurns: number;
      readonly wholePairs: boolean;
    }
  /** Frequencies are divided one by one; longer texts than the original ones would have other divisors, and are not read here. */
  | {
      readonly type: 'longrope';
      readonly shortFactors: readonly number[];
      readonly longFactors: readonly number[];
      readonly originalPositions: number;
      readonly stretchedPositions: number;
      readonly attentionFactor: number;
    };

/** How many of a head's elements turn. */
export const rotarySize = ({ share = 1 }: Rope, headSize: number): number => Math.floor(headSize * share);

const positive = z.number().positive();

const scalingSchema = z.object({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
});

/** The fields of a `config.json` that are about rotary positions. */
export const ropeSchema = z.object({
  max_position_embeddings: size,
  rope_theta: positive.nullish(),
  rope_scaling: tableOf(z.unknown()).nullish(),
  rope_parameters: tableOf(z.unknown()).nullish(),
  partial_rotary_factor: positive.nullish(),
  original_max_position_embeddings: size.nullish(),
});

type RopeFields = z.infer<typeof ropeSchema>;

/** Throws UserError for a kind of scaling that is not computed here. `partial`: whether the family may turn a part of each head. */
export function readRope(fields: RopeFields, path: string, { partial: allowed = false } = {}): Rope {
  const { rope_scaling: old, rope_parameters: parameters, max_position_embeddings: positions } = fields;
  const given = { ...(old ?? parameters) };
  const common = parseFields(scalingSchema, given, path);
  const partial = common.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1;
  if (partial !== 1 && !allowed) throw unsupported(path, 'partial_rotary_factor', partial);
  const theta = common.rope_theta ?? fields.rope_theta ?? 10_000;
  const plain: Rope = { theta, ...(partial === 1 ? {} : { share: partial }) };
  const type = common.rope_type ?? common.type ?? 'default';
  if (type === 'default') {
    // Theta alone, or parameters for each type of layer.
    const other = Object.values(given).find((value) => typeof value === 'object' && value !== null);
    if (other !== undefined) throw unsupported(path, 'rope_parameters', given);
    return plain;
  }
  const read = readers.get(type);
  if (read === undefined) throw unsupported(path, 'rope_scaling', given);
  const original = fields.original_max_position_embeddings ?? given.original_max_position_embeddings ?? positions;
  return { ...plain, scaling: read({ ...given, original_max_position_embeddings: original }, positions, path) };
}

type Reader = (given: Record<string, unknown>, maxPositions: number, path: string) => RopeScaling;

const factorSchema = z.object({ factor: positive });

const llama3Schema = z.object({
  factor: positive,
  low_freq_factor: positive,
  high_freq_factor: positive,
  original_max_position_embeddings: size,
});

const yarnSchema = z.object({
  factor: positive.nullish(),
  original_max_position_embeddings: size,
  attention_factor: positive.nullish(),
  beta_fast: positive.nullish(),
  beta_slow: positive.nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish(),
});

const longSchema = z.object({
  factor: positive.nullish(),
  attention_factor: positive.nullish(),
  original_max_position_embeddings: size,
  short_factor: z.array(positive),
  long_factor: z.array(positive),
});

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'longrope',
    (given, maxPositions, path) => {
      const c = parseFields(longSchema, given, path);
      const original = c.original_max_position_embeddings;
      const factor = c.factor ?? maxPositions / original;
      return {
        type: 'longrope',
        shortFactors: c.short_factor,
        longFactors: c.long_factor,
        originalPositions: original,
        stretchedPositions: maxPositions,
        attentionFactor: c.attention_factor ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original))),
      };
    },
  ],
  ['linear', (given, _, path) => ({ type: 'linear', factor: parseFields(factorSchema, given, path).factor })],
  ['dynamic', (given, _, path) => ({ type: 'dynamic', factor: parseFields(factorSchema, given, path).factor })],
  [
    'llama3',
    (given, _, path) => {
      const c = parseFields(llama3Schema, given, path);
      return {
        type: 'llama3',
        factor: c.factor,
        lowFrequencyFactor: c.low_freq_factor,
        highFrequencyFactor: c.high_freq_factor,
        originalPositions: c.original_max_position_embeddings,
      };
    },
  ],
  [
    'yarn',
    (given, maxPositions, path) => {
      const c = parseFields(yarnSchema, given, path);
      const factor = c.factor ?? maxPositions / c.original_max_position_embeddings;
      const temperature = (scale: number): number => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
      const usual =
        c.mscale && c.mscale_all_dim ? temperature(c.mscale) / temperature(c.mscale_all_dim) : temperature(1);
      return {
        type: 'yarn',
        factor,
        originalPositions: c.original_max_position_embeddings,
        attentionFactor: c.attention_factor ?? usual,
        fastTurns: c.beta_fast ?? 32,
        slowTurns: c.beta_slow ?? 1,
        wholePairs: c.truncate ?? true,
      };
    },
  ],
]);

/** The same in the keys of a `config.json`. */
export function writeRope({ theta, share, scaling }: Rope): Record<string, unknown> {
  return {
    rope_theta: theta,
    rope_scaling: scaling === undefined ? null : writeScaling(scaling),
    ...(share === undefined ? {} : { partial_rotary_factor: share }),
  };
}

function writeScaling(scaling: RopeScaling): Record<string, unknown> {
  if (scaling.type === 'longrope') {
    const { type: rope_type, shortFactors: short_factor, longFactors: long_factor } = scaling;
    return { rope_type, short_factor, long_factor, attention_factor: scaling.attentionFactor };
  }
  const common = { rope_type: scaling.type, factor: scaling.factor };
  switch (scaling.type) {
    case 'linear':
    case 'dynamic':
      return common;
    case 'llama3':
      return {
        ...common,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalPositions,
      };
    case 'yarn':
      return {
        ...common,
        original_max_position_embeddings: scaling.originalPositions,
        attention_factor: scaling.attentionFactor,
        beta_fast: scaling.fastTurns,
        beta_slow: scaling.slowTurns,
        truncate: scaling.wholePairs,
      };
  }
}

/** Tables for positions 0 … P − 1: cos and sin [P, half of what turns], scaled where the model was trained with scaled ones. */
export function ropeTables(
  rope: Rope,
  headSize: number,
  positions: number,
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const half = rotarySize(rope, headSize) / 2;
  const frequencies = ropeFrequencies(rope, headSize);
  const { scaling } = rope;
  const scale = scaling !== undefined && 'attentionFactor' in scaling ? scaling.attentionFactor : 1;
  const table = (f: (x: number) => number): Float32Array => {
    const result = new Float32Array(positions * half);
    for (let i = 0; i < result.length; i++) {
      // Rounded as the models saw them in training.
      result[i] = scale * f(Math.fround(Math.floor(i / half) * frequencies[i % half]));
    }
    return result;
  };
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** Radians per position of each pair that turns. */
export function ropeFrequencies(rope: Rope, headSize: number): Float32Array {
  const { theta, scaling } = rope;
  const turned = rotarySize(rope, headSize);
  const plain = Float32Array.from({ length: turned / 2 }, (_, i) => theta ** ((-2 * i) / turned));
  switch (scaling?.type) {
    case undefined:
    case 'dynamic':
      return plain;
    case 'linear':
      return plain.map((frequency) => frequency / scaling.factor);
    case 'llama3':
      return plain.map((frequency) => llama3Frequency(frequency, scaling));
    case 'yarn':
      return yarnFrequencies(plain, theta, scaling);
    case 'longrope':
      return plain.map((frequency, i) => frequency / scaling.shortFactors[i]);
  }
}

/** Waves that fit often into the original length stay, those that hardly fit are stretched, and between it is gradual (Llama 3.1). */
function llama3Frequency(
  frequency: number,
  { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions }: RopeScaling & { type: 'llama3' },
): number {
  const turns = (originalPositions * frequency) / (2 * Math.PI);
  const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
  return (1 - kept) * (frequency / factor) + kept * frequency;
}

/** YaRN (Peng et al. 2023): pairs that turn fast stay, slow ones are stretched, a ramp over the pairs lies between. */
function yarnFrequencies(
  plain: Float32Array,
  theta: number,
  { factor, originalPositions, fastTurns, slowTurns, wholePairs }: RopeScaling & { type: 'yarn' },
): Float32Array {
  const d = 2 * plain.length;
  const pairThatTurns = (turns: number): number =>
    (d * Math.log(originalPositions / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [fast, slow] = [pairThatTurns(fastTurns), pairThatTurns(slowTurns)];
  const from = Math.max(0, wholePairs ? Math.floor(fast) : fast);
  const to = Math.min(d - 1, wholePairs ? Math.ceil(slow) : slow);
  // The reference's own way not to divide by zero.
  const width = to === from ? 0.001 : to - from;
  return plain.map((frequency, i) => {
    const stretched = Math.min(1, Math.max(0, (i - from) / width));
    return stretched * (frequency / factor) + (1 - stretched) * frequency;
  });
}
