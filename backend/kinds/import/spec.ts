import { namesSample } from '../../base/sample-names';
import { anyWhole, between, choice, flag, path, type SettingsTable, text } from '../../base/settings';
import { lastPart, type RunKind, type SpecOf, type WantedOf } from '../kind';

const settings = {
  source: {
    form: path,
    label: 'Source',
    help: 'a file, a folder, a glob, or "sample" for the sample corpus ("sample:brown" for the Brown corpus)',
    required: true,
    subject: true,
  },
  format: {
    form: choice({
      jsonl: 'JSON',
      csv: 'CSV',
      tsv: 'TSV',
      parquet: 'Parquet',
      arrow: 'Arrow',
      text: 'one big text',
      files: 'a text per file',
    }),
    label: 'Format',
    help: 'what the source holds',
    otherwise: 'guessed from the name and the first bytes',
  },
  textColumn: {
    form: text(200, 0),
    flag: 'text',
    label: 'Column of the Text',
    help: 'column or field of the text; `a.b` is a field within another, `a+b` joins two',
    otherwise: 'guessed',
  },
  idColumn: {
    form: text(200, 0),
    flag: 'id',
    label: 'Column of the Id',
    help: 'column or field of the id',
    otherwise: 'guessed',
  },
  domainColumn: {
    form: text(200, 0),
    flag: 'domain',
    label: 'Column of the Domain',
    help: 'column or field of the domain: only evaluation reads it',
    otherwise: 'guessed',
  },
  header: {
    form: flag,
    label: 'Header',
    help: 'the first row of a table holds the names of its columns',
    negative: 'the first row of a table is data',
    otherwise: 'judged by its look',
  },
  separator: {
    form: text(200),
    label: 'Separator',
    help: 'one big text file: what stands between documents; \\n, \\t and \\\\ are read as escapes',
    otherwise: 'a blank line',
  },
  validation: {
    form: between(0, 0.9),
    label: 'Validation Share',
    help: 'share of validation documents',
    unit: 'share',
    default: 0.1,
  },
  test: { form: between(0, 0.9), label: 'Test Share', help: 'share of test documents', unit: 'share', default: 0.1 },
  nearDuplicates: {
    form: between(0, 1),
    flag: 'near',
    label: 'Near-Duplicates',
    help: 'texts as similar as this (Jaccard) are near-duplicates; 0 looks for copies only',
    default: 0.8,
  },
  name: { form: text(200), label: 'Name', help: 'name of the dataset', otherwise: 'by the source' },
  seed: { form: anyWhole, label: 'Seed', help: 'seed of the draw of the sides', default: 0 },
} as const satisfies SettingsTable;

/** Reads a corpus from the user's files into a dataset. */
export const importKind = {
  kind: 'import',
  label: 'Import',
  lane: 'files',
  makes: 'dataset',
  title: ({ source }) => (namesSample(source) ? 'Import sample corpus' : `Import ${lastPart(source)}`),
  settings,
  upgrade: ({ columns, ...rest }) => {
    if (typeof columns !== 'object' || columns === null) return rest;
    return { ...rest, ...Object.fromEntries(Object.entries(columns).map(([role, name]) => [`${role}Column`, name])) };
  },
} as const satisfies RunKind;

export type ImportSpec = SpecOf<typeof importKind>;
export type ImportWanted = WantedOf<typeof importKind>;
