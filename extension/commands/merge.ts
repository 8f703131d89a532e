import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { runDefaults } from '../../backend/protocol/defaults';
import type { ExpertSet } from '../../backend/protocol/records';
import { onRow } from '../contributions/contribution';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { pickExperts } from '../wizard/pick';
import { review, type RunStart, type Setting } from '../wizard/review';
import { choiceSetting, numbersSetting } from '../wizard/settings';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const mergeCommands: CommandTable = {
  'polymath.experts.merge': {
    title: 'Merge Experts into a Model…',
    icon: 'git-merge',
    needs: 'backend',
    menus: [onRow('experts', 'experts', '2_work@4')],
    run: merge,
  },
};

interface Settings {
  /** In the order of the letters. */
  readonly weights: readonly number[];
  readonly dtype: keyof typeof types;
}

const types = { float16: 'float16', bfloat16: 'bfloat16', float32: 'float32' } as const;

async function merge(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Merge Experts into a Model', 4, (ask) => askMerge(ask, polymath, given));
  await begin(polymath, spec);
}

async function askMerge(ask: Ask, polymath: Polymath, given: readonly unknown[]): Promise<RunStart> {
  const experts = await pickExperts(ask, polymath, given);
  const letters = await askLetters(ask, experts);
  const path = await askFolder(ask, polymath, letters);
  const equal = Number((1 / letters.length).toFixed(3));
  const { weights, dtype } = await review<Settings>(ask, {
    settings: { weights: letters.map(() => equal), dtype: runDefaults.merge.dtype },
    rows: [weightsSetting(letters), typeSetting],
    start: 'Start Merging',
    outlook: () => Promise.resolve(path),
  });
  return {
    kind: 'merge',
    experts: experts.id,
    weights: letters.map((letter, i) => ({ letter, weight: weights[i] })),
    dtype,
    path,
  };
}

async function askLetters(ask: Ask, { experts }: ExpertSet): Promise<readonly string[]> {
  return ask.pickMany({
    placeholder: 'Which experts are added to the base model?',
    lines: experts.map(({ letter, name }) => ({ label: letter, description: name, picked: true, value: letter })),
  });
}

/** A folder beside the project, which must not exist yet. */
async function askFolder(ask: Ask, { client }: Polymath, letters: readonly string[]): Promise<string> {
  const root = dirname(client.folder ?? '');
  const prompt = 'Folder of the model, which is made; from here, or absolute';
  const check = (text: string): string | undefined => {
    if (text.trim() === '') return 'Write the path of a folder.';
    return existsSync(resolve(root, text)) ? 'It is there already: write another name.' : undefined;
  };
  const text = await ask.text({ prompt, value: join('models', `merged-${letters.join('')}`), check });
  return resolve(root, text);
}

/** How much of each expert's change is added. */
function weightsSetting(letters: readonly string[]): Setting<Settings> {
  return numbersSetting('weights', {
    label: 'Weights',
    prompt: `How much of each expert is added: one number for each of ${letters.join(', ')}`,
    least: -100,
    most: 100,
    whole: false,
    count: letters.length,
  });
}

const typeSetting = choiceSetting<Settings, keyof typeof types>('dtype', {
  label: 'Type of the Weights',
  placeholder: 'What are the weights written in?',
  choices: types,
});
