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
