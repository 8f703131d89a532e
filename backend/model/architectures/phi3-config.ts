/** What Phi-3 and Phi-4-mini call their settings: Phi3Config of transformers. */
import type { FamilyConfig, ModelConfig } from './config';
import { contradiction, parseFields } from './fields';
import { llamaDefaults, llamaSchema, readShape, writeShape } from './llama-config';
import { readRope, rotarySize, writeRope } from './rope';

const defaults = {
  ...llamaDefaults,
  vocab_size: 32_064,
  hidden_size: 3072,
  intermediate_size: 8192,
  num_key_value_heads: null,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 4096,
  original_max_position_embeddings: 4096,
};

/** Older names of its way to stretch positions. */
const longNames = ['su', 'yarn'];

export function readPhi3(json: unknown, path: string): FamilyConfig {
  const given = parseFields(llamaSchema, { ...defaults, ...(json as object) }, path);
  const { rope_scaling: scaling } = given;
  const isLong = scaling != null && longNames.includes(String(scaling.type));
  const c = isLong ? { ...given, rope_scaling: { ...scaling, type: 'longrope' } } : given;
  const shape = readShape('phi3', c, path);
  const rope = readRope(c, path, { partial: true });
  const long = rope.scaling?.type === 'longrope' ? rope.scaling : undefined;
  const turned = rotarySize(rope, shape.headSize);
  if (turned % 2 !== 0 || (long !== undefined && long.shortFactors.length !== turned / 2)) {
    throw contradiction(path, 'the factors of its rotary positions do not fit its heads');
  }
  const layers = Array.from({ length: shape.layers }, (_, layer) => layer);
  return {
    ...shape,
    maxPositions: Math.min(shape.maxPositions, long?.originalPositions ?? Infinity),
    rope,
    ...(c.sliding_window === null ? {} : { slidingWindow: { size: c.sliding_window, layers } }),
  };
}

export function writePhi3(config: ModelConfig): Record<string, unknown> {
  const { rope, slidingWindow, maxPositions } = config;
  const long = rope?.scaling?.type === 'longrope' ? rope.scaling : undefined;
  return {
    ...writeShape('Phi3ForCausalLM', config),
    ...(rope === undefined ? {} : writeRope(rope)),
    max_position_embeddings: long?.stretchedPositions ?? maxPositions,
    original_max_position_embeddings: long?.originalPositions ?? maxPositions,
    sliding_window: slidingWindow?.size ?? null,
  };
}
