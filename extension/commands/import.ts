import { type Raw, wordsOf } from '../../backend/base/settings';
import { importKind } from '../../backend/kinds/import/spec';
import { inTitle } from '../contributions/contribution';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { heading } from '../wizard/boxes';
import type { OwnRow } from '../wizard/rows';
import { askRun } from '../wizard/run-wizard';
import { askSource, SourceLook, sourceText } from '../wizard/source';
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
        when: String.raw`resourceScheme == file && (explorerResourceIsFolder || resourceExtname =~ /^\.(jsonl|ndjson|json|csv|tsv|parquet|arrow|txt|gz|zst)$/)`,
        groups: ['7_polymath@1'],
      },
    ],
    run: importCorpus,
  },
};

async function importCorpus(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Import Corpus', 3, async (ask) => {
    const source = await askSource(ask, given);
    const look = new SourceLook(polymath.client, source);
    return askRun(ask, polymath, {
      kind: importKind,
      subjects: { source },
      own: {
        ...columnRows(look),
        // Where nothing could be seen yet, the header may be what is asked about.
        header: { applies: () => ['csv', 'tsv', undefined].includes(look.facts?.format) },
        separator: { applies: () => look.facts?.format === 'text' },
      },
      start: 'Start Import',
      outlook: async (told, signal) => sourceText(await look.inspect(told, signal), told),
    });
  });
  await begin(polymath, spec);
}

const roles = ['text', 'id', 'domain'] as const;

/** Which column holds what, among those that the first records have. */
function columnRows(look: SourceLook): Readonly<Record<string, OwnRow>> {
  return Object.fromEntries(roles.map((role) => [`${role}Column`, columnRow(role, look)]));
}

function columnRow(role: (typeof roles)[number], look: SourceLook): OwnRow {
  return {
    applies: () => (look.facts?.fields.length ?? 0) > 0,
    show: (named) =>
      named === undefined ? `${look.facts?.columns[role] ?? 'none'} (guessed)` : wordsOf(named) || 'none',
    ask: (ask, _, told: Raw) =>
      ask.pick<string | undefined>(async () => {
        const { fields } = look.facts ?? (await look.inspect(told));
        const none = role === 'text' ? [] : [{ label: '$(circle-slash) None', value: '' }];
        const own = [{ label: '$(sparkle) Guess', value: undefined }, ...none, heading('Columns')];
        const columns = fields.map((field) => ({ label: field, value: field }));
        return { placeholder: importKind.settings[`${role}Column`].label, lines: [...own, ...columns] };
      }),
  };
}
