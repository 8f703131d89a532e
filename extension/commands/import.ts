import { runDefaults } from '../../backend/protocol/defaults';
import { inTitle } from '../contributions/contribution';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { heading } from '../wizard/boxes';
import { review, type Setting } from '../wizard/review';
import { choiceSetting, numberSetting, textSetting } from '../wizard/settings';
import { askSource, type ImportStart, SourceLook, sourceText } from '../wizard/source';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const importCommands: CommandTable = {
  'polymath.datasets.import': {
    title: 'Import Corpus…',
    icon: 'cloud-upload',
    needs: 'backend',
    menus: [
      inTitle('datasets', 'navigation@1'),
      {
        menu: 'explorer/context',
        when: String.raw`resourceScheme == file && (explorerResourceIsFolder || resourceExtname =~ /^\.(jsonl|ndjson|csv|tsv|parquet|txt|gz|zst)$/)`,
        groups: ['7_polymath@1'],
      },
    ],
    run: importCorpus,
  },
};

interface Settings {
  readonly format: keyof typeof formats;
  /** Columns that were named: '' where there is none, absent where it is guessed. */
  readonly columns: { readonly [role in Role]?: string };
  readonly separator: string;
  readonly name: string;
  readonly validation: number;
  readonly test: number;
  readonly nearDuplicates: number;
  readonly seed: number;
}

async function importCorpus(polymath: Polymath, ...given: unknown[]): Promise<void> {
  await begin(polymath, await polymath.dialogs.run('Import Corpus', 3, (ask) => askCorpus(ask, polymath, given)));
}

async function askCorpus(ask: Ask, { client }: Polymath, given: readonly unknown[]): Promise<ImportStart> {
  const source = await askSource(ask, given);
  const look = new SourceLook(client);
  const specOf = ({ format, columns, separator, name, ...rest }: Settings): ImportStart => ({
    kind: 'import',
    source,
    columns: { ...columns },
    ...rest,
    ...(format === 'guess' ? {} : { format }),
    ...(separator === '' ? {} : { separator }),
    ...(name === '' ? {} : { name }),
  });
  const settings = await review<Settings>(ask, {
    settings: { format: 'guess', columns: {}, separator: '', name: '', ...runDefaults.import },
    rows: [formatSetting, ...roles.map((role) => columnSetting(role, look, specOf)), separatorSetting(look), ...rows],
    start: 'Start Import',
    outlook: async (settings, signal) => sourceText(await look.inspect(specOf(settings), signal)),
  });
  return specOf(settings);
}

const formats = {
  guess: 'guessed from name and content',
  jsonl: 'JSON Lines',
  csv: 'CSV',
  tsv: 'TSV',
  parquet: 'Parquet',
  text: 'one text file with many documents',
  files: 'each text file is a document',
} as const;

const formatSetting = choiceSetting<Settings, keyof typeof formats>('format', {
  label: 'Format',
  placeholder: 'What does the source hold?',
  choices: formats,
});

const roles = ['text', 'id', 'domain'] as const;
type Role = (typeof roles)[number];

const columnLabels: Readonly<Record<Role, string>> = {
  text: 'Column of the Text',
  id: 'Column of the Id',
  domain: 'Column of the Domain',
};

/** Which column holds what, among those that the first records have. */
function columnSetting(role: Role, look: SourceLook, specOf: (settings: Settings) => ImportStart): Setting<Settings> {
  const choose = (settings: Settings, name: string | undefined): Settings => {
    const { [role]: before, ...others } = settings.columns;
    return { ...settings, columns: name === undefined ? others : { ...others, [role]: name } };
  };
  return {
    label: columnLabels[role],
    applies: () => (look.facts?.fields.length ?? 0) > 0,
    show: ({ columns }) => {
      const named = columns[role];
      return named === undefined ? `${look.facts?.columns[role] ?? 'none'} (guessed)` : named || 'none';
    },
    change: async (ask, settings) =>
      choose(
        settings,
        await ask.pick(async () => {
          const { fields } = look.facts ?? (await look.inspect(specOf(settings)));
          const none = role === 'text' ? [] : [{ label: '$(circle-slash) None', value: '' }];
          const own = [{ label: '$(sparkle) Guess', value: undefined }, ...none, heading('Columns')];
          const columns = fields.map((field) => ({ label: field, value: field }));
          return { placeholder: columnLabels[role], lines: [...own, ...columns] };
        }),
      ),
  };
}

function separatorSetting(look: SourceLook): Setting<Settings> {
  return {
    ...textSetting<Settings>('separator', {
      label: 'Separator',
      prompt: String.raw`What stands between two documents; \n and \t are read as escapes`,
      none: 'a blank line',
    }),
    applies: () => look.facts?.format === 'text',
  };
}

const rows: readonly Setting<Settings>[] = [
  textSetting('name', { label: 'Name', prompt: 'Name of the dataset', none: 'by its file' }),
  numberSetting('validation', {
    label: 'Validation Share',
    prompt: 'Share of the documents for validation',
    least: 0,
    most: 0.9,
    whole: false,
  }),
  numberSetting('test', {
    label: 'Test Share',
    prompt: 'Share of the documents for the test',
    least: 0,
    most: 0.9,
    whole: false,
  }),
  numberSetting('nearDuplicates', {
    label: 'Near-Duplicates',
    prompt: 'Texts as similar as this are near-duplicates (Jaccard); 0 looks for exact copies only',
    least: 0,
    most: 1,
    whole: false,
  }),
  numberSetting('seed', { label: 'Seed', prompt: 'Seed of the draw of the sides', least: 0 }),
];
