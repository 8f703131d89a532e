import { amounts, path, type SettingsTable } from '../../base/settings';
import { lastPart, type RunKind, type SpecOf } from '../kind';
import { expertsSetting } from '../mix/spec';
import { mergeRules, mergeSettings } from './settings';

const settings = {
  experts: expertsSetting,
  weights: {
    form: amounts,
    label: 'Weights',
    help: 'how much of each expert counts; the others leave nothing',
    required: true,
  },
  path: {
    form: path,
    flag: 'to',
    label: 'Folder or File',
    help: 'folder of the model or adapter, or a file that ends with .gguf; must not exist',
    required: true,
    subject: true,
  },
  ...mergeSettings,
} as const satisfies SettingsTable;

/** Writes what experts make of the base model together: a model of its own, or an adapter. */
export const mergeKind = {
  kind: 'merge',
  label: 'Merge',
  lane: 'files',
  makes: 'model',
  title: ({ path: folder }) => `Merge experts into ${lastPart(folder)}`,
  telling: ['method'],
  settings,
  rules: mergeRules,
} as const satisfies RunKind;

export type MergeSpec = SpecOf<typeof mergeKind>;
