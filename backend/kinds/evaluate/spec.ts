import { deviceSetting, idOf, precisionSetting, type SettingsTable, whole } from '../../base/settings';
import type { RunKind, SpecOf } from '../kind';
import { expertsSetting } from '../mix/spec';

export const testDocumentsSetting = {
  form: whole(),
  label: 'Test Documents at Most',
  help: 'test documents at most',
  unit: 'documents',
} as const;

const settings = {
  experts: expertsSetting,
  mixer: {
    form: idOf('mixer'),
    label: 'Mixer',
    help: 'the mixer that weighs them',
    otherwise: 'equal weights',
    subject: true,
  },
  dataset: {
    form: idOf('data'),
    label: 'Dataset',
    help: 'where the test documents come from',
    otherwise: 'that of the experts',
    subject: true,
  },
  testDocuments: { ...testDocumentsSetting, otherwise: 'all', former: ['documents'] },
  precision: precisionSetting,
  device: deviceSetting,
} as const satisfies SettingsTable;

/** Perplexity of base model, experts and mixture on test documents. */
export const evaluateKind = {
  kind: 'evaluate',
  label: 'Evaluation',
  lane: 'device',
  makes: 'evaluation',
  title: () => 'Evaluate experts and mixture',
  settings,
} as const satisfies RunKind;

export type EvaluateSpec = SpecOf<typeof evaluateKind>;
