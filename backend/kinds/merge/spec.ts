import { amounts, choice, path, type SettingsTable } from '../../base/settings';
import { lastPart, type RunKind, type SpecOf } from '../kind';
import { expertsSetting } from '../mix/spec';

const settings = {
  experts: expertsSetting,
  weights: {
    form: amounts,
    label: 'Weights',
    help: 'how much of each expert is added; the others leave nothing',
    required: true,
  },
  path: {
    form: path,
    flag: 'to',
    label: 'Folder',
    help: 'folder of the model; must not exist',
    required: true,
    subject: true,
  },
  dtype: {
    form: choice({ float16: 'float16', bfloat16: 'bfloat16', float32: 'float32' }),
    label: 'Precision',
    help: 'what the weights are written in',
    default: 'float16',
  },
} as const satisfies SettingsTable;

/** Writes a model of its own: the base model with what experts change added to its weights. */
export const mergeKind = {
  kind: 'merge',
  label: 'Merge',
  lane: 'files',
  makes: 'model',
  title: ({ path: folder }) => `Merge experts into ${lastPart(folder)}`,
  settings,
} as const satisfies RunKind;

export type MergeSpec = SpecOf<typeof mergeKind>;
