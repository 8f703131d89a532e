/** The forms that experts have: how those of each begin, stand side by side, are kept, and lie on disk. */
import { join } from 'node:path';
import type { Codec, State } from '../../base/checkpoint';
import { exists } from '../../base/files';
import { AdapterStack, createAdapters, type LoraSettings, restoreAdapters, stackAdapters } from '../adapters/adapter';
import { configFile, loadAdapter } from '../adapters/peft/load';
import { saveAdapter } from '../adapters/peft/save';
import type { ModelConfig } from '../architectures/config';
import type { BaseModel } from '../weights/base-model';
import { FullExpert, openFullExpert, readWeights, restoreFullExpert, saveFullExpert } from './full';
import { type ExpertStack, type Lane, placeOf, sideBySide } from './stack';

/** What experts are that are trained: adapters of these settings, or experts with all weights of their own. */
export type ExpertSettings = LoraSettings | 'full';

/** Fresh experts, each as the base model is. Throws UserError where settings do not fit the model, or a weight is no number. */
export async function createExperts(
  base: BaseModel,
  settings: ExpertSettings,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<ExpertStack> {
  if (settings !== 'full') return createAdapters(base.config, settings, { count, seed });
  const first = await readWeights(base);
  return count === 1 ? first : first.copies(count);
}

/** Single experts of one base model side by side: adapters that follow each other go through one graph together. */
export function stackExperts(experts: readonly ExpertStack[]): ExpertStack {
  const lanes: Lane[] = [];
  let adapters: AdapterStack[] = [];
  const close = (): void => {
    if (adapters.length > 0) lanes.push(stackAdapters(adapters));
    adapters = [];
  };
  for (const lane of experts.flatMap((expert) => expert.lanes)) {
    if (lane instanceof AdapterStack) adapters.push(lane);
    else {
      close();
      lanes.push(lane);
    }
  }
  close();
  return sideBySide(lanes);
}

const restored: { readonly [F in Lane['form']]: (config: ModelConfig, state: State) => Lane } = {
  lora: restoreAdapters,
  full: restoreFullExpert,
};

/** How a stack is kept in a checkpoint. */
export function expertCodec(config: ModelConfig): Codec<ExpertStack> {
  return {
    save: ({ lanes }) => ({ lanes: lanes.map((lane) => ({ form: lane.form, state: lane.save() })) }),
    restore: (kept) => {
      const { lanes } = kept as { lanes: readonly { readonly form: Lane['form']; readonly state: State }[] };
      return sideBySide(lanes.map(({ form, state }) => restored[form](config, state)));
    },
  };
}

/** Where an expert's base model lies, and what adapters call it. */
export interface NamedBase {
  readonly folder: string;
  readonly name: string;
}

/** Writes expert `index` into a folder of its own: an adapter in PEFT's format, or a model folder. */
export function saveExpert(stack: ExpertStack, index: number, folder: string, base: NamedBase): Promise<void> {
  const { lane, index: inLane } = placeOf(stack, index);
  if (lane instanceof AdapterStack) return saveAdapter(lane, inLane, folder, base.name);
  if (lane instanceof FullExpert) return saveFullExpert(lane, folder, base.folder);
  throw new Error(`experts of the form ${lane.form} are not written`);
}

/**
 * Opens the expert that lies in a folder: an adapter is read, a model stays on disk. Throws UserError where there is none, or one that is
 * damaged or of another base model.
 */
export async function openExpert(folder: string, config: ModelConfig): Promise<AdapterStack | BaseModel> {
  const isModel = !(await exists(join(folder, configFile))) && (await isModelFolder(folder));
  return isModel ? openFullExpert(folder, config) : loadAdapter(folder, config);
}

export function isModelFolder(folder: string): Promise<boolean> {
  return exists(join(folder, 'config.json'));
}

/** The same, read whole. */
export async function loadExpert(folder: string, config: ModelConfig): Promise<AdapterStack | FullExpert> {
  const opened = await openExpert(folder, config);
  return opened instanceof AdapterStack ? opened : readWeights(opened);
}
