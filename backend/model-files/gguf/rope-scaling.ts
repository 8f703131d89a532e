/** How rotary positions are stretched, as Hugging Face's `rope_scaling` says it. */
import { UserError } from '../../base/errors';
import type { GgufMetadata } from './metadata';

export type GgufRopeScaling = Readonly<Record<string, string | number>>;

/** The stretch that metadata name: none, `linear` or `yarn`. Throws UserError for others. */
export function namedScaling(path: string, metadata: GgufMetadata, architecture: string): GgufRopeScaling | undefined {
  const key = `${architecture}.rope.scaling`;
  // What a file leaves out is as llama.cpp has it; older files name a linear factor alone.
  const type = metadata.optionalString(`${key}.type`) ?? 'linear';
  const given =
    metadata.optionalNumber(`${key}.factor`) ?? metadata.optionalNumber(`${architecture}.rope.scale_linear`);
  const factor = given === undefined || given === 0 ? 1 : given;
  if (type === 'none' || ((type === 'linear' || type === 'yarn') && factor === 1)) return undefined;
  if (type === 'linear') return { rope_type: type, factor };
  if (type === 'yarn') {
    const original =
      metadata.optionalCount(`${key}.original_context_length`) ?? metadata.count(`${architecture}.context_length`);
    const attention = metadata.optionalNumber(`${key}.attn_factor`);
    return {
      rope_type: type,
      factor,
      original_max_position_embeddings: original,
      // llama.cpp multiplies what transformers replaces.
      ...(attention === undefined ? {} : { attention_factor: attention * (0.1 * Math.log(factor) + 1) }),
    };
  }
  throw new UserError(
    `${path} stretches its positions by ${type}.`,
    'Use a model with linear, yarn or llama3 scaling.',
  );
}

interface Llama3 {
  readonly rope_type: 'llama3';
  readonly factor: number;
  readonly low_freq_factor: number;
  readonly high_freq_factor: number;
  readonly original_max_position_embeddings: number;
}

/**
 * The `llama3` scaling that gives these factors, one for each frequency theta^(−2i/d): a frequency is divided by its factor.
 * llama.cpp writes the factors alone. Throws UserError where no such scaling gives them.
 */
export function llama3Scaling(path: string, factors: Float32Array, theta: number): GgufRopeScaling | undefined {
  if (factors.every((factor) => factor === 1)) return undefined;
  const waves = Array.from(factors, (_, i) => 2 * Math.PI * theta ** (i / factors.length));
  const fits = (scaling: Llama3): boolean =>
    waves.every((wave, i) => Math.abs(llama3Factor(scaling, wave) / factors[i] - 1) < 1e-4);
  const factor = factors[factors.length - 1];
  const metas: Llama3 = {
    rope_type: 'llama3',
    factor,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const scaling = [metas, fitted(factors, waves, metas)].find(fits);
  if (scaling !== undefined) return { ...scaling };
  throw new UserError(`${path} stretches its positions in a way that is not known.`, 'Use another file of the model.');
}

/** 1 for short waves, `factor` for long ones; between them its inverse runs linearly over original/wave. */
function llama3Factor(scaling: Llama3, wave: number): number {
  const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = scaling;
  const smooth = Math.min(1, Math.max(0, (original / wave - low) / (high - low)));
  return 1 / ((1 - smooth) / factor + smooth);
}

/** From two factors between the ends. Only ratios of low, high and original can be seen: low stays 1. */
function fitted(factors: Float32Array, waves: readonly number[], scaling: Llama3): Llama3 {
  const { factor } = scaling;
  const between = waves.flatMap((wave, i) => {
    const smooth = (1 / factors[i] - 1 / factor) / (1 - 1 / factor);
    return smooth > 0 && smooth < 1 ? [{ x: 1 / wave, smooth }] : [];
  });
  if (between.length < 2) return scaling;
  // smooth = (original · x − 1) / (high − 1)
  const [a, b] = [between[0], between[between.length - 1]];
  const slope = (a.smooth - b.smooth) / (a.x - b.x);
  const high = 1 - 1 / (a.smooth - slope * a.x);
  return {
    ...scaling,
    high_freq_factor: Number(high.toPrecision(5)),
    original_max_position_embeddings: Math.round(slope * (high - 1)),
  };
}
