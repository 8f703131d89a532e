import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadExpert, stackExperts } from '../../model/experts/forms';
import { type ExpertStack, placeOf } from '../../model/experts/stack';
import type { ModelConfig } from '../../model/architectures/config';
import type { AdapterFigures, ExpertSetRecord } from '../../protocol/records';

/** A set of experts, side by side. Throws UserError where one is missing or damaged. */
export async function loadExperts(
  project: string,
  experts: ExpertSetRecord,
  config: ModelConfig,
): Promise<ExpertStack> {
  const each: ExpertStack[] = [];
  for (const { letter } of experts.experts) {
    each.push(await loadExpert(join(project, 'experts', experts.id, letter), config));
  }
  return stackExperts(each);
}

/** What is an expert's own, with the size of the files in its folder. */
export async function figuresOf(stack: ExpertStack, expert: number, folder: string): Promise<AdapterFigures> {
  const { form, modules, count, parameters } = placeOf(stack, expert).lane;
  const rising = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  const own = { parameters: parameters.data.length / count, bytes: await bytesIn(folder) };
  if (form === 'full') return { form, ...own };
  return {
    form,
    ranks: rising(modules.map(({ rank }) => rank)),
    alphas: rising(modules.map(({ alpha }) => alpha)),
    targets: [...new Set(modules.map(({ name }) => name))],
    modules: modules.length,
    ...own,
  };
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
  return bytes;
}
