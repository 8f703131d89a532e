/** The families of models by the names that Hugging Face's `config.json` gives them. */
import { z } from 'zod';
import { UserError } from '../../base/errors';
import type { ModelConfig } from './config';
import { parseFields, unsupported } from './fields';
import { readGpt2, writeGpt2 } from './gpt2-config';
import { readLlama, writeLlama } from './llama-config';

const names = ['llama', 'mistral', 'qwen2', 'qwen3', 'gpt2'] as const;

export type Family = (typeof names)[number];

/** What `config.json` says besides its special tokens. */
export type FamilyConfig = Omit<ModelConfig, 'beginToken' | 'endTokens'>;

const schema = z.object({ model_type: z.string(), quantization_config: z.unknown().optional() });

export function readFamily(json: unknown, path: string): FamilyConfig {
  const { model_type: type, quantization_config: quantization } = parseFields(schema, json, path);
  const family = names.find((name) => name === type);
  if (family === undefined) {
    throw new UserError(
      `${path} describes a ${type} model.`,
      `Use a model of one of these families: ${names.join(', ')}.`,
    );
  }
  // Weights that only the quantisation's own library can read.
  if (quantization !== undefined && quantization !== null) throw unsupported(path, 'quantization_config', quantization);
  return family === 'gpt2' ? readGpt2(json, path) : readLlama(family, json, path);
}

export function writeFamily(config: ModelConfig): Record<string, unknown> {
  const { architecture } = config;
  return architecture === 'gpt2' ? writeGpt2(config) : writeLlama(architecture, config);
}
