import { idOf, type SettingsTable } from '../../base/settings';
import type { RunKind, SpecOf } from '../kind';

const settings = {
  dataset: { form: idOf('data'), label: 'Dataset', help: 'whose words are indexed', required: true, subject: true },
} as const satisfies SettingsTable;

/** Indexes the words of a dataset that has no index, or a damaged one: imports make one themselves. */
export const indexKind = {
  kind: 'index',
  label: 'Index',
  lane: 'files',
  makes: 'index',
  title: ({ dataset }) => `Index words of ${String(dataset)}`,
  settings,
} as const satisfies RunKind;

export type IndexSpec = SpecOf<typeof indexKind>;
