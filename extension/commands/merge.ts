import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Amount, Raw } from '../../backend/base/settings';
import { usualWeight } from '../../backend/kinds/merge/settings';
import { mergeKind } from '../../backend/kinds/merge/spec';
import type { RunSpec } from '../../backend/protocol/run';
import type { ExpertSetRecord } from '../../backend/protocol/records';
import { having, onRow } from '../contributions/contribution';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { pickExperts } from '../wizard/pick';
import { numbersOf } from '../wizard/rows';
import { askRun } from '../wizard/run-wizard';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const mergeCommands: CommandTable = {
  'polymath.experts.merge': {
    title: 'Merge Experts into a Model…',
    icon: 'git-merge',
    palette: having('experts'),
    needs: 'backend',
    menus: [onRow('experts', 'experts', '2_work@4')],
    run: merge,
  },
};

async function merge(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Merge Experts into a Model', 4, (ask) => askMerge(ask, polymath, given));
  await begin(polymath, spec);
}

async function askMerge(ask: Ask, polymath: Polymath, given: readonly unknown[]): Promise<RunSpec> {
  const experts = await pickExperts(ask, polymath, given);
  const letters = await askLetters(ask, experts);
  const path = await askFolder(ask, polymath, letters);
  const weightsIn = (told: Raw): readonly Amount[] =>
    (told.weights as readonly Amount[] | undefined) ??
    letters.map((letter) => ({ letter, weight: Number(usualWeight(told, letters.length).toFixed(3)) }));
  const spec = await askRun(ask, polymath, {
    kind: mergeKind,
    subjects: { experts: experts.id, path },
    own: {
      weights: {
        show: (_, told) => weightsOf(weightsIn(told)).join(', '),
        ask: (below, _, told) => askWeights(below, weightsIn(told)),
      },
    },
    start: 'Start Merging',
    outlook: () => Promise.resolve(path),
  });
  return { ...spec, weights: weightsIn(spec) };
}

async function askLetters(ask: Ask, { experts }: ExpertSetRecord): Promise<readonly string[]> {
  return ask.pickMany({
    placeholder: 'Which experts are merged?',
    lines: experts.map(({ letter, name }) => ({ label: letter, description: name, picked: true, value: letter })),
  });
}

/** A folder beside the project, which must not exist yet. */
async function askFolder(ask: Ask, { client }: Polymath, letters: readonly string[]): Promise<string> {
  const root = dirname(client.folder ?? '');
  const prompt = 'Folder that is made, or a file that ends with .gguf; from here, or absolute';
  const check = (text: string): string | undefined => {
    if (text.trim() === '') return 'Write the path of a folder.';
    return existsSync(resolve(root, text)) ? 'It is there already: write another name.' : undefined;
  };
  const text = await ask.text({ prompt, value: join('models', `merged-${letters.join('')}`), check });
  return resolve(root, text);
}

const weightsOf = (amounts: readonly Amount[]): number[] => amounts.map(({ weight }) => weight);

/** How much of each expert counts. */
async function askWeights(ask: Ask, before: readonly Amount[]): Promise<readonly Amount[]> {
  const letters = before.map(({ letter }) => letter);
  const weights = await numbersOf(ask, {
    prompt: `How much of each expert counts: one number for each of ${letters.join(', ')}`,
    value: weightsOf(before),
    least: -100,
    most: 100,
  });
  return letters.map((letter, i) => ({ letter, weight: weights[i] }));
}
