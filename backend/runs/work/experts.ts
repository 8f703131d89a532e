import { join } from 'node:path';
import { type AdapterStack, stackAdapters } from '../../model/adapter';
import type { ModelConfig } from '../../model/config';
import { loadAdapter } from '../../model/peft/load';
import type { ExpertSet } from '../../protocol/records';

/** The adapters of a set of experts, side by side. Throws UserError where one is missing or damaged. */
export async function loadExperts(project: string, experts: ExpertSet, config: ModelConfig): Promise<AdapterStack> {
  const adapters: AdapterStack[] = [];
  for (const { letter } of experts.experts) {
    adapters.push(await loadAdapter(join(project, 'experts', experts.id, letter), config));
  }
  return stackAdapters(adapters);
}
