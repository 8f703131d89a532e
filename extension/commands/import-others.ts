import { basename } from 'node:path';
import { runDefaults } from '../../backend/protocol/defaults';
import type { Clustering } from '../../backend/protocol/records';
import { inTitle } from '../contributions/contribution';
import { formatNumber } from '../format';
import type { Polymath } from '../polymath';
import { baseModel, modelSetting } from '../wizard/base-model';
import { begin } from '../wizard/begin';
import type { Choice } from '../wizard/boxes';
import { review, type RunStart, type Setting } from '../wizard/review';
import { numberSetting, textSetting } from '../wizard/settings';
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

interface QuestionSettings {
  readonly name: string;
  readonly test: number;
  readonly seed: number;
}

async function importQuestions(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Import Questions', 2, async (ask): Promise<RunStart> => {
    const source = await askFile(ask, given);
    const { name, ...settings } = await review<QuestionSettings>(ask, {
      settings: { name: '', ...runDefaults.importQuestions },
      rows: questionRows,
      start: 'Start Import',
      outlook: () => Promise.resolve(basename(source)),
    });
    return { kind: 'import-questions', source, ...settings, ...(name === '' ? {} : { name }) };
  });
  await begin(polymath, spec);
}

async function askFile(ask: Ask, given: readonly unknown[]): Promise<string> {
  const [path] = givenPaths(given);
  if (path !== undefined) return ask.only(path);
  const filters = { Questions: ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'parquet', 'gz', 'zst'] };
  return (await ask.paths({ filters, openLabel: 'Import Questions' }))[0];
}

const questionRows: readonly Setting<QuestionSettings>[] = [
  textSetting('name', { label: 'Name', prompt: 'Name of the set of questions', none: 'by its file' }),
  numberSetting('test', {
    label: 'Test Share',
    prompt: 'Share of the questions that is kept for the one final test',
    least: 0,
    most: 0.9,
    whole: false,
  }),
  numberSetting('seed', { label: 'Seed', prompt: 'Seed of the draw', least: 0 }),
];

interface ExpertSettings {
  readonly model: string;
  readonly split: Clustering | undefined;
  readonly name: string;
}

async function importExperts(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Import Experts', 2, async (ask): Promise<RunStart> => {
    const folders = await askFolders(ask, given);
    const { model, split, name } = await review<ExpertSettings>(ask, {
      settings: { model: baseModel(polymath), split: undefined, name: '' },
      rows: [modelSetting(polymath), splitSetting(polymath), nameSetting],
      start: 'Start Import',
      outlook: () => Promise.resolve(folders.map((folder) => basename(folder)).join(', ')),
    });
    return {
      kind: 'import-experts',
      folders: [...folders],
      model,
      ...(split === undefined ? {} : { clustering: split.id }),
      ...(name === '' ? {} : { name }),
    };
  });
  await begin(polymath, spec);
}

function askFolders(ask: Ask, given: readonly unknown[]): Promise<readonly string[]> {
  const paths = givenPaths(given);
  if (paths.length > 0) return ask.only(paths);
  return ask.paths({
    title: 'Folders of LoRA adapters as PEFT saves them, or a folder of such folders',
    canSelectFiles: false,
    canSelectFolders: true,
    canSelectMany: true,
    openLabel: 'Import Experts',
  });
}

const nameSetting = textSetting<ExpertSettings>('name', {
  label: 'Name',
  prompt: 'Name of the set of experts',
  none: 'by its folders',
});

/** A mixer needs to know which pile each expert learned from. */
function splitSetting({ client }: Polymath): Setting<ExpertSettings> {
  return {
    label: 'Split',
    show: ({ split }) => split?.name ?? 'none: they answer with equal weights',
    change: async (ask, settings) => ({
      ...settings,
      split: await ask.pick<Clustering | undefined>(async () => {
        const { items } = await client.call('clusterings/list', { limit: 1000 });
        const none: Choice<undefined> = {
          label: '$(circle-slash) None',
          detail: 'They were trained on something else, and answer with equal weights.',
          value: undefined,
        };
        const splits = items.map((split): Choice<Clustering> => ({
          label: split.name,
          description: formatNumber(split.k, 'pile'),
          detail: 'One adapter for each pile, in the order of the piles',
          value: split,
        }));
        return { placeholder: 'The split whose piles they were trained on', lines: [none, ...splits] };
      }),
    }),
  };
}
