/** The families of models by the names that Hugging Face's `config.json` gives them: their configuration, and their graph. */
import { z } from 'zod';
import { UserError } from '../../base/errors';
import type { Architecture } from './architecture';
import type { FamilyConfig, ModelConfig } from './config';
import { parseFields, unsupported } from './fields';
import { readGemma3, writeGemma3 } from './gemma3-config';
import { readGranite, readGraniteHybrid, writeGranite, writeGraniteHybrid } from './granite-config';
import { gpt2 } from './gpt2';
import { readGpt2, writeGpt2 } from './gpt2-config';
import { llama } from './llama';
import { type LlamaFamily, readLlama, writeLlama } from './llama-config';
import { readPhi3, writePhi3 } from './phi3-config';
import { readSmolLm3, writeSmolLm3 } from './smollm3-config';

interface ModelFamily {
  /** What a `config.json` says; throws UserError for a setting that is not computed. */
  readonly read: (json: unknown, path: string) => FamilyConfig;
  /** The keys of a `config.json` that are the family's own. */
  readonly write: (config: ModelConfig) => Record<string, unknown>;
  readonly architecture: Architecture;
}

const likeLlama = (family: LlamaFamily): ModelFamily => ({
  read: (json, path) => readLlama(family, json, path),
  write: (config) => writeLlama(family, config),
  architecture: llama,
});

const ofShape = (read: ModelFamily['read'], write: ModelFamily['write']): ModelFamily => ({
  read,
  write,
  architecture: llama,
});

const gpt2Family: ModelFamily = { read: readGpt2, write: writeGpt2, architecture: gpt2 };

const families = {
  llama: likeLlama('llama'),
  mistral: likeLlama('mistral'),
  qwen2: likeLlama('qwen2'),
  qwen3: likeLlama('qwen3'),
  gemma3_text: ofShape(readGemma3, writeGemma3),
  smollm3: ofShape(readSmolLm3, writeSmolLm3),
  granite: ofShape(readGranite, writeGranite),
  granitemoehybrid: ofShape(readGraniteHybrid, writeGraniteHybrid),
  phi3: ofShape(readPhi3, writePhi3),
  gpt2: gpt2Family,
};
export type Family = keyof typeof families;

const schema = z.object({ model_type: z.string(), quantization_config: z.unknown().optional() });

/** Reads a `config.json`. Throws UserError for a family or a setting that is not computed here, which it names. */
export function readFamily(json: unknown, path: string): FamilyConfig {
  const { model_type: type, quantization_config: quantization } = parseFields(schema, json, path);
  if (!isFamily(type)) {
    throw new UserError(
      `${path} describes a ${type} model.`,
      `Use a model of one of these families: ${Object.keys(families).join(', ')}.`,
    );
  }
  // Weights that only the quantisation's own library can read.
  if (quantization !== undefined && quantization !== null) throw unsupported(path, 'quantization_config', quantization);
  return families[type].read(json, path);
}

export function writeFamily(config: ModelConfig): Record<string, unknown> {
  return families[config.architecture].write(config);
}

export function architectureOf({ architecture }: ModelConfig): Architecture {
  return families[architecture].architecture;
}

const isFamily = (name: string): name is Family => Object.hasOwn(families, name);
