import { basename } from 'node:path';
import { importExpertsKind } from '../../backend/kinds/import-experts/spec';
import { importQuestionsKind } from '../../backend/kinds/import-questions/spec';
import { inTitle } from '../contributions/contribution';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { askRun } from '../wizard/run-wizard';
import { givenPaths } from '../wizard/source';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const otherImportCommands: CommandTable = {
  'polymath.questions.import': {
    title: 'Import Questions…',
    icon: 'question',
    needs: 'backend',
    menus: [inTitle('datasets', '1_import@1')],
    run: importQuestions,
  },
  'polymath.experts.import': {
    title: 'Import Experts…',
    icon: 'cloud-upload',
    needs: 'backend',
    menus: [inTitle('experts', '1_import@1')],
    run: importExperts,
  },
};

async function importQuestions(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Import Questions', 2, async (ask) => {
    const source = await askFile(ask, given);
    const outlook = (): Promise<string> => Promise.resolve(basename(source));
    return askRun(ask, polymath, {
      kind: importQuestionsKind,
      subjects: { source },
      start: 'Start Import',
      outlook,
    });
  });
  await begin(polymath, spec);
}

async function askFile(ask: Ask, given: readonly unknown[]): Promise<string> {
  const [path] = givenPaths(given);
  if (path !== undefined) return ask.only(path);
  const filters = { Questions: ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'parquet', 'gz', 'zst'] };
  return (await ask.paths({ filters, openLabel: 'Import Questions' }))[0];
}

async function importExperts(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Import Experts', 2, async (ask) => {
    const folders = await askFolders(ask, given);
    return askRun(ask, polymath, {
      kind: importExpertsKind,
      subjects: { folders: [...folders] },
      start: 'Start Import',
      outlook: () => Promise.resolve(folders.map((folder) => basename(folder)).join(', ')),
    });
  });
  await begin(polymath, spec);
}

function askFolders(ask: Ask, given: readonly unknown[]): Promise<readonly string[]> {
  const paths = givenPaths(given);
  if (paths.length > 0) return ask.only(paths);
  return ask.paths({
    title: 'Folders of LoRA adapters as PEFT saves them, or of fine-tuned models; or a folder of such folders',
    canSelectFiles: false,
    canSelectFolders: true,
    canSelectMany: true,
    openLabel: 'Import Experts',
  });
}
