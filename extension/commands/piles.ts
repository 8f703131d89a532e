/** Documents into other piles, and what piles are called. */
import type { MethodData } from '../../backend/split/methods/method';
import { splitMethods } from '../../backend/split/methods/settings';
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import { expertLetter } from '../../backend/base/letter';
import type { Params } from '../../backend/protocol/messages';
import type { PileRecord } from '../../backend/protocol/records';
import { having, inTitle, inView, onRow } from '../contributions/contribution';
import { whyUnited } from '../documents/why';
import { MissingStep, showDatasets, showPiles } from '../errors/missing';
import { formatCount, formatNumber } from '../format';
import { moveDocuments, undoLastMove } from '../labels/move';
import type { Polymath } from '../polymath';
import { letterIcon } from '../views/pile-items';
import { isPiledNode } from '../views/documents';
import type { FoundNode } from '../views/found';
import type { PileNode, PilesNode } from '../views/piles';
import { chosenNodes, chosenRows } from '../views/selection';
import { begin } from '../wizard/begin';
import { parseNumber } from '../wizard/numbers';
import type { CommandTable } from './command';

type Move = Params<'labels/move'>;
type Documents = Omit<Move, 'to'>;

export const pileCommands: CommandTable = {
  'polymath.piles.move': {
    title: 'Move to Pile…',
    icon: 'arrow-swap',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow(['piles', 'found'], 'document', 'inline@1', '2_label@1')],
    run: move,
  },
  'polymath.piles.undo': {
    title: 'Undo Last Change',
    icon: 'discard',
    palette: having('splits'),
    needs: 'backend',
    menus: [inTitle('piles', 'navigation@1'), onRow('piles', 'split', '2_label@1')],
    keys: [inView('piles', 'ctrl+z', 'cmd+z')],
    run: undo,
  },
  'polymath.piles.rename': {
    title: 'Rename Pile…',
    icon: 'edit',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow('piles', 'pile', 'inline@9', '2_label@1')],
    keys: [inView('piles', 'f2')],
    run: rename,
  },
  'polymath.piles.merge': {
    title: 'Merge Pile into…',
    icon: 'git-merge',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow('piles', 'pile', '2_label@2')],
    run: merge,
  },
  'polymath.piles.divide': {
    title: 'Divide Pile…',
    icon: 'split-horizontal',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow('piles', 'pile', '2_label@3')],
    run: divide,
  },
  'polymath.piles.report': {
    title: 'Report of Split',
    icon: 'output',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow('piles', 'split', '1_open@2')],
    run: report,
  },
  'polymath.piles.undoUnion': {
    title: 'Undo Union…',
    icon: 'discard',
    palette: having('splits'),
    needs: 'backend',
    run: undoUnion,
  },
  'polymath.piles.excludeOutliers': {
    title: 'Exclude Outliers from Runs',
    icon: 'circle-slash',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow('piles', 'outliers', 'inline')],
    run: excludeOutliers,
  },
  'polymath.documents.pin': {
    title: 'Pin to Its Pile',
    icon: 'pin',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow(['piles', 'found'], 'document', '2_label@6')],
    run: pin(true),
  },
  'polymath.documents.unpin': {
    title: 'Unpin from Its Pile',
    icon: 'pinned',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow(['piles', 'found'], 'document', '2_label@7')],
    run: pin(false),
  },
};

/**
 * Gets rows of documents, and from a drag the pile as well; or, from whoever shows a document, what `labels/move` takes without `to`.
 */
async function move(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const documents = isDocuments(given[0]) ? given[0] : documentsOf(polymath, given);
  const target = given[2] as Pick<PileNode, 'clustering' | 'pile'> | undefined;
  if (target !== undefined && target.clustering !== documents.clustering) {
    throw new UserError('These documents are of another split.', 'Drop them on one of its own piles.');
  }
  const to = target?.pile ?? (await choosePile(polymath, documents));
  if (to !== undefined) await moveDocuments(polymath.client, { ...documents, to });
}

const isDocuments = (given: unknown): given is Documents =>
  typeof given === 'object' && given !== null && 'clustering' in given && 'documents' in given;

/** The chosen documents. Throws UserError where they cannot be moved together. */
function documentsOf({ piles, found }: Polymath, given: readonly unknown[]): Documents {
  const chosen = chosenNodes<PilesNode | FoundNode, 'document'>(given, 'document', [piles, found]);
  const nodes = chosen.filter(isPiledNode);
  const [first] = nodes;
  if (nodes.length < chosen.length) {
    const [stranger] = chosen.filter((node) => !isPiledNode(node));
    throw new UserError(
      `“${stranger.document.id}” lies in no pile: it is a ${stranger.document.side} document, or its dataset is not split.`,
      'Choose documents that have the letter of a pile.',
    );
  }
  if (first === undefined) {
    throw new MissingStep('No documents are chosen.', 'Choose them in the view Piles first.', [showPiles]);
  }
  const { clustering } = first;
  if (nodes.some((node) => node.clustering !== clustering)) {
    throw new UserError('These documents are of several splits.', 'Move those of one split at a time.');
  }
  // One that is an outlier as well is shown twice.
  const versions = new Map(nodes.map(({ index, document }) => [index, document.version]));
  return { clustering, documents: [...versions].map(([index, version]) => ({ index, version })) };
}

async function choosePile({ client }: Polymath, { clustering, documents }: Documents): Promise<number | undefined> {
  const piles = await client.call('piles/list', { clustering });
  return pickPile(piles, `Move ${formatNumber(documents.length, 'document')} to Pile`);
}

async function pickPile(piles: readonly PileRecord[], title: string): Promise<number | undefined> {
  const items = piles.map(({ pile, name, size }) => ({
    label: `${expertLetter(pile)}  ${name}`,
    description: formatNumber(size, 'document'),
    iconPath: letterIcon(pile),
    pile,
  }));
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.pile;
}

/** Of the split that was clicked, else of the one that something is selected in, else of the only or a chosen one. */
async function undo(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const clustering = splitOf(polymath, given) ?? (await chooseSplit(polymath, 'Undo the Last Change in a Split'));
  if (clustering !== undefined) await undoLastMove(polymath.client, clustering);
}

function splitOf({ piles }: Polymath, given: readonly unknown[]): string | undefined {
  const { selection } = piles.view;
  const [row] = [...chosenRows<PilesNode>(given), ...chosenRows<PilesNode>([selection[0], selection])];
  if (row === undefined) return undefined;
  return row.value.kind === 'split' ? row.value.id : row.value.clustering;
}

async function chooseSplit({ client }: Polymath, title: string): Promise<string | undefined> {
  const { items } = await client.call('splits/list', { limit: 1000 });
  if (items.length === 0) throw new MissingStep('There is no split yet.', 'Split a dataset first.', [showDatasets]);
  if (items.length < 2) return items.at(0)?.id;
  const picks = items.map(({ id, name, k }) => ({ label: name, description: formatNumber(k, 'pile'), detail: id, id }));
  return (await vscode.window.showQuickPick(picks, { title }))?.id;
}

async function rename(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const [node] = chosenNodes<PilesNode, 'pile'>(given, 'pile', [polymath.piles]);
  if (node === undefined)
    throw new MissingStep('No pile is chosen.', 'Choose it in the view Piles first.', [showPiles]);
  const { clustering, pile, record } = node;
  const name = await vscode.window.showInputBox({
    title: `Rename Pile ${expertLetter(pile)}`,
    value: record.name,
    validateInput: (text) => (text.trim() === '' || text.trim().length > 200 ? 'From 1 to 200 characters.' : undefined),
  });
  if (name !== undefined) await polymath.client.call('piles/rename', { clustering, pile, name: name.trim() });
}

/** All documents of a pile into another one, which Undo takes back in one step. */
async function merge({ client, piles }: Polymath, ...given: unknown[]): Promise<void> {
  const [node] = chosenNodes<PilesNode, 'pile'>(given, 'pile', [piles]);
  if (node === undefined)
    throw new MissingStep('No pile is chosen.', 'Choose it in the view Piles first.', [showPiles]);
  const { clustering, pile, record } = node;
  const others = (await client.call('piles/list', { clustering })).filter((other) => other.pile !== pile);
  if (others.length === 0) throw new UserError('This split has one pile only.', 'Split the dataset into more piles.');
  const into = await pickPile(others, `Merge Pile ${expertLetter(pile)} “${record.name}” into`);
  if (into === undefined) return;
  const { documents } = await client.call('piles/merge', { clustering, pile, into });
  say(`${formatNumber(documents, 'document')} now in pile ${expertLetter(into)}.`);
}

// Documents that one request may take out.
const mostAtOnce = 10_000;

/** All outliers of a split out of all runs; Undo takes the last request back. */
async function excludeOutliers({ client, piles }: Polymath, ...given: unknown[]): Promise<void> {
  const [node] = chosenNodes<PilesNode, 'outliers'>(given, 'outliers', [piles]);
  if (node === undefined)
    throw new MissingStep('No outliers are chosen.', 'Choose those of a split in the view Piles first.', [showPiles]);
  const { clustering } = node;
  const found: number[] = [];
  for (;;) {
    const request = { clustering, outliers: true, offset: found.length, limit: 1000 };
    const { total, items } = await client.call('piles/documents', request);
    found.push(...items.map(({ index }) => index));
    if (items.length === 0 || found.length >= total) break;
  }
  const { dataset } = await client.call('splits/get', { clustering });
  for (let from = 0; from < found.length; from += mostAtOnce) {
    const documents = found.slice(from, from + mostAtOnce);
    await client.call('labels/exclude', { dataset, documents, excluded: true });
  }
  say(`${formatNumber(found.length, 'document')} out of all runs from now on.`);
}

/** How a pile can be divided: by what can begin with documents of one pile, the quickest first. */
const ways = (Object.entries(splitMethods) as [string, MethodData][])
  .filter(([, { pace }]) => pace !== 'control')
  .sort(([, a], [, b]) => Number(a.pace === 'minutes') - Number(b.pace === 'minutes'))
  .map(([method, { label, pace, detail }]) => ({ label, description: pace, detail, method }));

/** A new split in which the pile is several, and all others are as they were. */
async function divide(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const [node] = chosenNodes<PilesNode, 'pile'>(given, 'pile', [polymath.piles]);
  if (node === undefined)
    throw new MissingStep('No pile is chosen.', 'Choose it in the view Piles first.', [showPiles]);
  const { clustering, pile, record } = node;
  if (record.size < 2) throw new UserError('This pile has no two documents.', 'Choose another one.');
  const title = `Divide Pile ${expertLetter(pile)} “${record.name}”`;
  const bounds = { least: 2, most: Math.min(1000, record.size) };
  const parts = await vscode.window.showInputBox({
    title,
    prompt: 'Number of parts; all other piles stay as they are',
    value: '2',
    validateInput: (text) => {
      const number = parseNumber(text, bounds);
      return typeof number === 'string' ? number : undefined;
    },
  });
  if (parts === undefined) return;
  const way = await vscode.window.showQuickPick(ways, { title, placeHolder: 'How are its documents told apart?' });
  if (way === undefined) return;
  const { dataset } = await polymath.client.call('splits/get', { clustering });
  const spec = {
    kind: 'split',
    dataset,
    from: clustering,
    divide: pile,
    k: Number(parseNumber(parts, bounds)),
    method: way.method,
  } as const;
  await begin(polymath, spec);
}

/** How a split came about, as a page. */
async function report(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const id = splitOf(polymath, given) ?? (await chooseSplit(polymath, 'Report of a Split'));
  if (id === undefined) return;
  const { name } = await polymath.client.call('splits/get', { clustering: id });
  await polymath.reports.showSplit(id, name);
}

/** A new split in which the smaller side of a union that a guide made is a pile of its own, and all others are as they were. */
async function undoUnion(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const { client } = polymath;
  const clustering = splitOf(polymath, given) ?? (await chooseSplit(polymath, 'Undo a Union of a Split'));
  if (clustering === undefined) return;
  const { total } = await client.call('splits/unions', { clustering, limit: 1 });
  if (total === 0) {
    throw new UserError('No language model guided this split.', 'Choose one that was, or divide a pile of this one.');
  }
  // The last unions joined the most.
  const offset = Math.max(0, total - 1000);
  const { items } = await client.call('splits/unions', { clustering, offset, limit: 1000 });
  const lines = items.toReversed().map((union) => ({
    label: `${formatCount(union.other)} and ${formatNumber(union.own, 'document')}`,
    description: `union ${union.number}`,
    detail: whyUnited(union),
    union,
  }));
  const title = 'Undo Union';
  const placeHolder = 'The smaller side becomes a pile of its own, in a new split';
  const chosen = await vscode.window.showQuickPick(lines, { title, placeHolder, matchOnDetail: true });
  if (chosen === undefined) return;
  const { dataset, k } = await client.call('splits/get', { clustering });
  const undoUnions = [chosen.union.number];
  await begin(polymath, { kind: 'split', dataset, method: 'unigram', from: clustering, k, undoUnions });
}

/** Whether the chosen documents stay in their piles when a split goes on from this one. */
function pin(pinned: boolean) {
  return async (polymath: Polymath, ...given: unknown[]): Promise<void> => {
    const { clustering, documents } = documentsOf(polymath, given);
    const indices = documents.map(({ index }) => index);
    const { pins } = await polymath.client.call('labels/pin', { clustering, documents: indices, pinned });
    say(`${formatNumber(pins.length, 'document')} ${pinned ? 'pinned' : 'free to go'} from now on.`);
  };
}

function say(text: string): void {
  vscode.window.setStatusBarMessage(text, 5000);
}
