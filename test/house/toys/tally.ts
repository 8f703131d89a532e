/** A kind of run of a test: counts the documents of a side that have a word. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { choice, flag, idOf, type SettingsTable, text, whole } from '../../../backend/base/settings';
import { type Job, readSide } from '../../../backend/engine/job';
import type { RunKind, SpecOf } from '../../../backend/kinds/kind';
import {
  type DatasetInputs,
  datasetInputs,
  gatherDataset,
  type KindInputs,
} from '../../../backend/kinds/shared/inputs';
import type { Outcome } from '../../../backend/protocol/outcome';

const settings = {
  dataset: { form: idOf('data'), label: 'Dataset', help: 'what is counted', required: true, subject: true },
  word: { form: text(20), label: 'Word', help: 'the word that is looked for', required: true },
  side: {
    form: choice({ train: 'training', validation: 'validation', test: 'test' }),
    label: 'Side',
    help: 'which documents are read',
    default: 'train',
  },
  times: { form: whole(1, 100), label: 'Times', help: 'how often a document must have it', default: 1 },
  listed: { form: flag, label: 'List Them', help: 'with the positions of the documents', otherwise: 'no' },
} as const satisfies SettingsTable;

export const tallyKind = {
  kind: 'tally',
  label: 'Tally',
  lane: 'files',
  makes: 'model',
  title: ({ word }) => `Count ${String(word)}`,
  settings,
} as const satisfies RunKind;

export type TallySpec = SpecOf<typeof tallyKind>;

export const tallyInputs: KindInputs<TallySpec, DatasetInputs> = {
  schema: datasetInputs,
  gather: (store, { dataset }) => gatherDataset(store, dataset),
};

export async function tally(job: Job<TallySpec, DatasetInputs>): Promise<Outcome> {
  const { word, side, times, listed } = job.spec;
  const documents = await readSide(job, side);
  const found = documents.filter((document) => document.text.split(/\W+/).filter((w) => w === word).length >= times);
  const result = join(job.folder, 'tally.json');
  const positions = listed === true ? { documents: found.map(({ index }) => index) } : {};
  await writeFile(result, JSON.stringify({ word, count: found.length, ...positions }));
  return { result };
}
