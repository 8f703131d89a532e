import { idOf, modelSetting, nameSetting, paths, type SettingsTable } from '../../base/settings';
import { lastPart, type RunKind, type SpecOf } from '../kind';

const settings = {
  folders: {
    form: paths(64),
    label: 'Folders',
    help: "folders of adapters in PEFT's format or of fine-tuned models, or folders of such folders",
    required: true,
    subject: true,
  },
  model: { ...modelSetting, help: 'the base model that they were trained on' },
  split: {
    form: idOf('split'),
    label: 'Split',
    help: 'the split whose piles they were trained on, in the order of its piles',
    otherwise: 'none',
    former: ['clustering'],
  },
  name: nameSetting('set of experts', 'by the folders'),
} as const satisfies SettingsTable;

/** Takes experts that were trained elsewhere into the project, as a set of experts. */
export const importExpertsKind = {
  kind: 'import-experts',
  label: 'Import of experts',
  lane: 'files',
  makes: 'experts',
  title: ({ folders }) => `Import experts from ${lastPart(Array.isArray(folders) ? folders[0] : folders)}`,
  settings,
} as const satisfies RunKind;

export type ImportExpertsSpec = SpecOf<typeof importExpertsKind>;
