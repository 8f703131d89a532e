/** Removal of what a project holds, told before it is done: what goes, what stays, and what is in the way. */
import * as vscode from 'vscode';
import { having, inView, onRow } from '../contributions/contribution';
import { MissingStep, showDatasets, showExperts, showPiles } from '../errors/missing';
import { formatMemory, formatNumber } from '../format';
import type { Polymath } from '../polymath';
import type { Step } from '../steps';
import type { DatasetsNode } from '../views/datasets';
import type { ExpertsNode } from '../views/experts';
import type { PilesNode } from '../views/piles';
import { chosenNodes } from '../views/selection';
import type { CommandTable } from './command';

export const removalCommands: CommandTable = {
  'polymath.datasets.remove': {
    title: 'Remove Dataset…',
    icon: 'trash',
    palette: having('datasets'),
    needs: 'backend',
    menus: [onRow('datasets', 'dataset', '9_remove@1')],
    keys: [inView('datasets', 'delete', 'cmd+backspace')],
    run: removeDatasets,
  },
  'polymath.splits.remove': {
    title: 'Remove Split…',
    icon: 'trash',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow('piles', 'split', '9_remove@1')],
    keys: [inView('piles', 'delete', 'cmd+backspace')],
    run: removeSplits,
  },
  'polymath.experts.remove': {
    title: 'Remove Set of Experts…',
    icon: 'trash',
    palette: having('experts'),
    needs: 'backend',
    menus: [onRow('experts', 'experts', '9_remove@1')],
    keys: [inView('experts', 'delete', 'cmd+backspace')],
    run: removeExperts,
  },
  'polymath.councils.remove': {
    title: 'Remove Council…',
    icon: 'trash',
    palette: having('councils'),
    needs: 'backend',
    menus: [onRow('experts', 'council', '9_remove@1')],
    run: removeCouncils,
  },
};

interface Thing {
  readonly id: string;
  readonly name: string;
}

interface Removal<T extends Thing> {
  readonly noun: string;
  /** The view in which they are chosen. */
  readonly view: Step;
  readonly chosen: readonly T[];
  /** What was made from one and must go before it; empty where nothing was. */
  readonly users?: (thing: T) => Promise<string>;
  /** The view in which these are removed. */
  readonly usersView?: Step;
  readonly goes: string;
  readonly stays: string;
  readonly remove: (thing: T) => Promise<unknown>;
}

async function removeAll<T extends Thing>(removal: Removal<T>): Promise<void> {
  const { noun, view, chosen, users, usersView = view, goes, stays, remove } = removal;
  if (chosen.length === 0) throw new MissingStep(`No ${noun} is chosen.`, 'Choose it in its view first.', [view]);
  for (const thing of chosen) {
    const made = (await users?.(thing)) ?? '';
    if (made === '') continue;
    throw new MissingStep(`“${thing.name}” is in use: ${made} made from it.`, 'Remove that first.', [usersView]);
  }
  const what = chosen.length === 1 ? `“${chosen[0].name}”` : formatNumber(chosen.length, noun);
  const detail = `${goes} deleted. ${stays}`;
  const answer = await vscode.window.showWarningMessage(`Remove ${what}?`, { modal: true, detail }, 'Remove');
  if (answer !== 'Remove') return;
  for (const thing of chosen) await remove(thing);
}

/** "3 splits were", or nothing. */
const were = (count: number, noun: string): string =>
  count === 0 ? '' : `${formatNumber(count, noun)} ${count === 1 ? 'was' : 'were'}`;

function removeDatasets({ client, datasets }: Polymath, ...given: unknown[]): Promise<void> {
  const chosen = chosenNodes<DatasetsNode, 'dataset'>(given, 'dataset', [datasets]).map(({ record }) => record);
  const bytes = chosen.reduce((sum, { textBytes }) => sum + textBytes, 0);
  return removeAll({
    noun: 'dataset',
    view: showDatasets,
    chosen,
    users: async ({ id }) => were((await client.call('splits/list', { dataset: id, limit: 1 })).total, 'split'),
    usersView: showPiles,
    goes: `The imported documents (${formatMemory(bytes / 2 ** 20)} of text) and their links are`,
    stays: 'The files that they were imported from stay as they are, and evaluations are kept.',
    remove: ({ id }) => client.call('datasets/remove', { dataset: id }),
  });
}

function removeSplits({ client, piles }: Polymath, ...given: unknown[]): Promise<void> {
  return removeAll({
    noun: 'split',
    view: showPiles,
    chosen: chosenNodes<PilesNode, 'split'>(given, 'split', [piles]).map(({ record }) => record),
    users: async ({ id }) =>
      were((await client.call('experts/list', { clustering: id, limit: 1 })).total, 'expert set'),
    usersView: showExperts,
    goes: 'Its piles, their names and all moves that were made in them are',
    stays: 'The dataset with its links stays, and so does the log of the run.',
    remove: ({ id }) => client.call('splits/remove', { clustering: id }),
  });
}

function removeExperts({ client, experts }: Polymath, ...given: unknown[]): Promise<void> {
  return removeAll({
    noun: 'expert set',
    view: showExperts,
    chosen: chosenNodes<ExpertsNode, 'experts'>(given, 'experts', [experts]).map(({ record }) => record),
    users: async ({ id }) => {
      const { items } = await client.call('councils/list', { limit: 1000 });
      return were(items.filter((council) => council.experts === id).length, 'council');
    },
    usersView: showExperts,
    goes: 'The experts and their mixers are',
    stays: 'The base model, the split and evaluations stay.',
    remove: ({ id }) => client.call('experts/remove', { experts: id }),
  });
}

function removeCouncils({ client, experts }: Polymath, ...given: unknown[]): Promise<void> {
  return removeAll({
    noun: 'council',
    view: showExperts,
    chosen: chosenNodes<ExpertsNode, 'council'>(given, 'council', [experts]).map(({ record }) => record),
    goes: 'Its instruction and the roles of its members are',
    stays: 'The experts stay.',
    remove: ({ id }) => client.call('councils/remove', { council: id }),
  });
}
