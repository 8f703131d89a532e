import { join } from 'node:path';
import { type ModelConfig, readConfig } from '../architectures/config';
import { matchWeights, type ModelWeights } from './match';
import { openWeights } from './weight-files';

/** A model as it lies on disk. */
export interface BaseModel {
  readonly config: ModelConfig;
  readonly weights: ModelWeights;
}

/** Finds the weights of a model folder. Throws UserError where one is missing or does not fit its configuration. */
export async function openBase(folder: string): Promise<BaseModel> {
  return matchWeights(await openWeights(folder), await readConfig(join(folder, 'config.json')), folder);
}
