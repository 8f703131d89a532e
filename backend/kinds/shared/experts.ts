import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdapterStack, stackAdapters } from '../../model/adapters/adapter';
import type { ModelConfig } from '../../model/architectures/config';
import { configFile, loadAdapter, weightsFile } from '../../model/adapters/peft/load';
import type { AdapterFigures, ExpertSetRecord } from '../../protocol/records';

/** The adapters of a set of experts, side by side. Throws UserError where one is missing or damaged. */
export async function loadExperts(
  project: string,
  experts: ExpertSetRecord,
  config: ModelConfig,
): Promise<AdapterStack> {
  const adapters: AdapterStack[] = [];
  for (const { letter } of experts.experts) {
    adapters.push(await loadAdapter(join(project, 'experts', experts.id, letter), config));
  }
  return stackAdapters(adapters);
}

/** What the adapters of a stack change, with the size of the files in one's folder. */
export async function figuresOfAdapters(
  { modules, count, parameters }: AdapterStack,
  folder: string,
): Promise<AdapterFigures> {
  const rising = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  const sizes = await Promise.all([configFile, weightsFile].map(async (file) => (await stat(join(folder, file))).size));
  return {
    ranks: rising(modules.map(({ rank }) => rank)),
    alphas: rising(modules.map(({ alpha }) => alpha)),
    targets: [...new Set(modules.map(({ name }) => name))],
    modules: modules.length,
    parameters: parameters.data.length / count,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}
