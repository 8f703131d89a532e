import { importKind } from '../../backend/kinds/import/spec';
import { inTitle, onCorpus } from '../contributions/contribution';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { columnRows } from '../wizard/column-rows';
import { askRun } from '../wizard/run-wizard';
import { askSource, SourceLook, sourceText } from '../wizard/source';
import type { CommandTable } from './command';

export const importCommands: CommandTable = {
  'polymath.datasets.import': {
    title: 'Import Corpus…',
    icon: 'cloud-upload',
    needs: 'backend',
    menus: [inTitle('datasets', 'navigation@1'), onCorpus('explorer/context', '7_polymath@1')],
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
