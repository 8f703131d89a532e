import { model, type SettingsTable } from '../../base/settings';
import type { RunKind, SpecOf } from '../kind';

const settings = {
  model: {
    form: model,
    label: 'Base Model',
    help: 'a model of the hub, or the small one of a package',
    required: true,
    subject: true,
  },
} as const satisfies SettingsTable;

/** Brings a base model onto this machine; a GGUF file becomes ready to be used. */
export const pullKind = {
  kind: 'pull',
  label: 'Download of a model',
  lane: 'files',
  makes: 'model',
  title: ({ model: name }) => `Pull ${String(name)}`,
  settings,
} as const satisfies RunKind;

export type PullSpec = SpecOf<typeof pullKind>;

/** A base model that is offered by its name where only the bundled one is at hand: one that trains on a processor. */
export interface OfferedModel {
  /** As `--model` takes it. */
  readonly name: string;
  readonly label: string;
  readonly detail: string;
  /** Bytes to download. */
  readonly bytes: number;
  /** How many times as long as the bundled model's a step takes, by `npm run bench`, or from its size; and MiB that training takes. */
  readonly slower: number;
  readonly memory: number;
}

export const offeredModels: readonly OfferedModel[] = [
  {
    ...{ name: 'smollm2', label: 'SmolLM2-135M-Instruct', bytes: 271e6, slower: 40, memory: 2700 },
    detail: 'From the Hugging Face hub; where that cannot be reached, from a package index, rounded to four bits',
  },
  {
    ...{ name: 'Qwen/Qwen3-0.6B-Base', label: 'Qwen3-0.6B-Base', bytes: 1.2e9, slower: 175, memory: 9000 },
    detail: 'From the Hugging Face hub; better with a GPU',
  },
];

export function offeredModel(name: unknown): OfferedModel | undefined {
  return offeredModels.find((model) => model.name === name);
}
