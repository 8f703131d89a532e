/** `polymath models inspect`: what a model is and what it takes; nothing is computed with it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelFacts } from '../../protocol/catalog';
import { exists, readJson } from '../../base/files';
import type { Watch } from '../../base/progress';
import { type ModelConfig, readConfig } from '../../model/architectures/config';
import { readGguf } from '../gguf/header';
import { bytesBelow } from '../hub/repository-cache';
import { findModel, locateModel } from '../source';
import { readDefinition } from '../../model/tokenizer/definition';
import { matchWeights } from '../../model/weights/match';
import type { TensorEntry } from '../../model/weights/safetensors';
import { openWeights } from '../../model/weights/weight-files';
import { estimateMemory } from './memory';

/** Throws UserError where the model is not here, damaged, or of a kind that is not supported. */
export async function inspectModel(name: string, watch: Pick<Watch, 'report' | 'signal'>): Promise<ModelFacts> {
  const { kind, path } = await locateModel(name);
  const { folder } = await findModel(name, watch);
  const given = await readConfig(join(folder, 'config.json'));
  const { config, weights } = await matchWeights(await openWeights(folder), given, folder);
  const types = parametersByType(weights.entries.values());
  const parameters = Object.values(types).reduce((sum, count) => sum + count, 0);
  const license = kind === 'gguf' ? await licenseOfGguf(path) : await licenseOfCard(folder);
  const { definition } = await readDefinition(folder);
  return {
    name,
    folder,
    ...(kind === 'gguf' ? { gguf: path } : {}),
    family: config.architecture,
    parameters,
    types,
    ...shapeOf(config),
    tokenizer: `${definition.model.type}, ${Object.keys(definition.model.vocab).length} tokens`,
    chatTemplate: await hasChatTemplate(folder),
    ...(license === undefined ? {} : { license }),
    bytes: await bytesBelow(folder),
    memory: estimateMemory(config, parameters),
  };
}

type Shape = Pick<ModelFacts, 'layers' | 'hiddenSize' | 'heads' | 'keyValueHeads' | 'context' | 'vocabulary'>;

function shapeOf(config: ModelConfig): Shape {
  const { layers, hiddenSize, heads, keyValueHeads, maxPositions: context, vocabularySize: vocabulary } = config;
  return { layers, hiddenSize, heads, keyValueHeads, context, vocabulary };
}

function parametersByType(entries: Iterable<Pick<TensorEntry, 'dtype' | 'shape'>>): Record<string, number> {
  const types: Record<string, number> = {};
  for (const { dtype, shape } of entries) {
    types[dtype] = (types[dtype] ?? 0) + shape.reduce((a, b) => a * b, 1);
  }
  return types;
}

const tokenizerSettings = z.object({ chat_template: z.union([z.string(), z.array(z.unknown()).nonempty()]) });

async function hasChatTemplate(folder: string): Promise<boolean> {
  if (await exists(join(folder, 'chat_template.jinja'))) return true;
  const path = join(folder, 'tokenizer_config.json');
  return (
    (await exists(path)) && tokenizerSettings.safeParse(await readJson(path, 'The tokenizer configuration')).success
  );
}

/** The licence that the head of a model card states. */
async function licenseOfCard(folder: string): Promise<string | undefined> {
  const card = await readFile(join(folder, 'README.md'), 'utf8').catch(() => '');
  const head = /^---\r?\n(.*?)\r?\n---/s.exec(card)?.[1] ?? '';
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:\\s*["']?([^"'\\r\\n]+)`, 'm').exec(head)?.[1].trim();
  const license = field('license');
  return license === 'other' ? (field('license_name') ?? license) : license;
}

async function licenseOfGguf(path: string): Promise<string | undefined> {
  return (await readGguf(path)).metadata.optionalString('general.license');
}
