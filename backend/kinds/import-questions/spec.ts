import { anyWhole, between, path, type SettingsTable, text } from '../../base/settings';
import { lastPart, type RunKind, type SpecOf } from '../kind';

const settings = {
  source: {
    form: path,
    label: 'Source',
    help: 'a file of questions, with choices or with free answers',
    required: true,
    subject: true,
  },
  test: {
    form: between(0, 0.9),
    label: 'Test Share',
    help: 'share of the questions that is kept for the one final test; drawn per domain',
    unit: 'share',
    default: 0.5,
  },
  name: { form: text(200), label: 'Name', help: 'name of the question set', otherwise: 'by the source' },
  seed: { form: anyWhole, label: 'Seed', help: 'seed of the draw of the final test', default: 0 },
} as const satisfies SettingsTable;

/** Reads cross-domain questions into a question set. */
export const importQuestionsKind = {
  kind: 'import-questions',
  label: 'Import of questions',
  lane: 'files',
  makes: 'questions',
  title: ({ source }) => `Import questions from ${lastPart(source)}`,
  settings,
} as const satisfies RunKind;

export type ImportQuestionsSpec = SpecOf<typeof importQuestionsKind>;
