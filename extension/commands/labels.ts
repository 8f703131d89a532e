import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import { expertLetter } from '../../backend/base/letter';
import type { LinkRecord } from '../../backend/protocol/labels';
import { documentViews, having, inDocument, onlyWhen, onRow, whileLabelling } from '../contributions/contribution';
import { isPiled, type Piled, type EditorPlace } from '../documents/places';
import type { DocumentAddress } from '../documents/uri';
import { MissingStep } from '../errors/missing';
import { formatNumber } from '../format';
import { moveDocuments, undoLastMove } from '../labels/move';
import type { Polymath } from '../polymath';
import { steps } from '../steps';
import { chosenRows } from '../views/selection';
import type { CommandTable } from './command';
import { chooseAnother, chosenDocuments } from './documents';

/** Each moves to the pile of its number. */
const digits = [...'123456789'].map((digit, pile) => ({ ...whileLabelling(digit), args: pile }));

export const labelCommands: CommandTable = {
  'polymath.documents.move': {
    title: 'Move Document to Pile…',
    icon: 'arrow-swap',
    palette: having('splits'),
    needs: 'backend',
    menus: [inDocument('editor/context', '2_label@1')],
    keys: [whileLabelling('m'), ...digits],
    run: move,
  },
  'polymath.documents.exclude': {
    title: 'Exclude Document from Runs or Include It',
    icon: 'circle-slash',
    palette: having('datasets'),
    needs: 'backend',
    menus: [onRow(documentViews, 'document', '2_label@5'), inDocument('editor/context', '2_label@2')],
    keys: [whileLabelling('x')],
    run: exclude,
  },
  'polymath.documents.undo': {
    title: 'Undo Last Label',
    icon: 'discard',
    palette: having('splits'),
    needs: 'backend',
    keys: [whileLabelling('u')],
    run: undo,
  },
  'polymath.documents.next': {
    title: 'Next Document of the Pile',
    icon: 'arrow-down',
    palette: having('splits'),
    needs: 'backend',
    menus: [inDocument('editor/title', 'navigation@2')],
    keys: [whileLabelling('j')],
    run: go('next'),
  },
  'polymath.documents.previous': {
    title: 'Previous Document of the Pile',
    icon: 'arrow-up',
    palette: having('splits'),
    needs: 'backend',
    menus: [inDocument('editor/title', 'navigation@1')],
    keys: [whileLabelling('k')],
    run: go('previous'),
  },
  'polymath.documents.why': {
    title: 'Why Is This Document Here',
    icon: 'question',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow(['piles', 'found'], 'document', '1_open@4'), inDocument('editor/context', '1_open@3')],
    run: why,
  },
  'polymath.piles.openDigest': {
    title: 'Open Digest of Pile',
    icon: 'book',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow('piles', 'pile', 'inline@1')],
    run: digest,
  },
  'polymath.documents.links': {
    title: 'Links of Document…',
    icon: 'link',
    palette: having('splits'),
    needs: 'backend',
    menus: [inDocument('editor/context', '2_label@3')],
    run: links,
  },
  'polymath.labelling.start': {
    title: 'Start Labelling',
    icon: 'tag',
    palette: having('splits'),
    needs: 'backend',
    menus: [onlyWhen(inDocument('editor/title', 'navigation@3'), '!polymath.labelling')],
    run: start,
  },
  'polymath.labelling.stop': {
    title: 'Stop Labelling',
    needs: 'nothing',
    palette: 'polymath.labelling',
    keys: [onlyWhen(whileLabelling('escape'), '!findWidgetVisible')],
    run: ({ labelling }) => labelling.stop(),
  },
};

const shownMilliseconds = 5000;

/** The document that a command is meant for, with what is known of it. */
async function chosenPlace({ documents, places }: Polymath, given: readonly unknown[]): Promise<EditorPlace> {
  const [address] = chosenDocuments(given);
  return places.at(await documents.inSplit(address));
}

/** The same; throws UserError where it lies in no pile. */
export async function chosenPiled(polymath: Polymath, given: readonly unknown[]): Promise<Piled> {
  const place = await chosenPlace(polymath, given);
  if (isPiled(place)) return place;
  if (place.clustering === undefined) {
    throw new MissingStep('The dataset of this document is not split into piles yet.', 'Split it first.', [
      steps.split,
    ]);
  }
  const { document, clustering } = place;
  const reason = document.side === 'train' ? '' : `: it is a ${document.side} document`;
  throw new UserError(`“${document.id}” is in no pile of ${clustering.name}${reason}.`, 'Choose a training document.');
}

/** Into the pile that a key names, else into one that is asked for. */
async function move(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const { clustering, placement } = await chosenPiled(polymath, given);
  const { index, version } = placement.row;
  const request = { clustering: clustering.id, documents: [{ index, version }] };
  const [to] = given;
  if (typeof to !== 'number') {
    await vscode.commands.executeCommand('polymath.piles.move', request);
  } else if (to >= clustering.k) {
    throw new UserError(
      `There is no pile ${to + 1}: the split has ${clustering.k}.`,
      'Press the number of one of its piles.',
    );
  } else if ((await moveDocuments(polymath.client, { ...request, to })) === undefined) polymath.places.refresh();
}

/** Takes the chosen documents out of all runs; those that are out already come in again where all of them are. */
async function exclude(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const chosen = chosenDocuments(given);
  const [{ dataset }] = chosen;
  const documents = chosen.filter((other) => other.dataset === dataset).map(({ index }) => index);
  const rows = await polymath.client.call('documents/at', { dataset, indices: documents.slice(0, 1000) });
  const excluded = rows.some((row) => row.excluded !== true);
  await polymath.client.call('labels/exclude', { dataset, documents, excluded });
  say(`${formatNumber(documents.length, 'document')} ${excluded ? 'out of all runs from now on' : 'in runs again'}.`);
}

async function undo(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const { clustering } = await chosenPiled(polymath, given);
  await undoLastMove(polymath.client, clustering.id);
}

/** To the document beside this one in the order of the pile. */
function go(direction: 'next' | 'previous') {
  return async (polymath: Polymath, ...given: unknown[]): Promise<void> => {
    const { address, placement, clustering } = await chosenPiled(polymath, given);
    const index = placement[direction];
    if (index === undefined) {
      const end = direction === 'next' ? 'last' : 'first';
      return say(`This is the ${end} document of pile ${expertLetter(placement.row.pile)}.`);
    }
    await polymath.documents.open({ ...address, clustering: clustering.id, index }, { preview: true });
  };
}

async function why(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const { clustering, document } = await chosenPiled(polymath, given);
  const work = polymath.reports.showWhy(clustering.id, document.index, document.id);
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: 'Comparing documents' },
    () => work,
  );
}

/** Of the pile that is chosen in its view, else of that of the document in the active editor. */
async function digest(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const [row] = chosenRows<unknown>(given);
  const chosen = row?.value ?? given[0];
  if (isPile(chosen)) return polymath.reports.showDigest(chosen.clustering, chosen.pile);
  const { clustering, placement } = await chosenPiled(polymath, given);
  await polymath.reports.showDigest(clustering.id, placement.row.pile);
}

interface PileAddress {
  readonly clustering: string;
  readonly pile: number;
}

function isPile(value: unknown): value is PileAddress {
  if (typeof value !== 'object' || value === null) return false;
  const { clustering, pile } = value as Partial<Record<keyof PileAddress, unknown>>;
  return typeof clustering === 'string' && typeof pile === 'number';
}

async function start(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const place = await chosenPiled(polymath, given);
  await polymath.documents.open({ ...place.address, clustering: place.clustering.id });
  polymath.labelling.start(place);
}

/** The links of a document, to follow, to remove, and to add one to another document that is open. */
async function links(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const place = await chosenPlace(polymath, given);
  const { dataset, index } = place.address;
  const others = place.links.map((link) => ({ link, index: link.a === index ? link.b : link.a }));
  const rows = await polymath.client.call('documents/at', { dataset, indices: others.map((other) => other.index) });
  const picks = [
    ...others.map(({ link, index: other }) => ({
      label: `$(link) ${linkText(link)} “${rows.find((row) => row.index === other)?.id ?? other}”`,
      act: () => follow(polymath, link, { ...place.address, index: other }),
    })),
    ...(['must', 'cannot'] as const).map((kind) => ({
      label: `$(add) ${linkText({ kind })}…`,
      act: () => add(polymath, kind, place.address),
    })),
  ];
  await (await vscode.window.showQuickPick(picks, { title: `Links of “${place.document.id}”` }))?.act();
}

const linkText = ({ kind }: Pick<LinkRecord, 'kind'>): string =>
  kind === 'must' ? 'Must share a pile with' : 'Must not share a pile with';

async function follow({ client, documents }: Polymath, { id }: LinkRecord, other: DocumentAddress): Promise<void> {
  const [open, remove] = ['Open the Other Document', 'Remove the Link'];
  const choice = await vscode.window.showQuickPick([open, remove]);
  if (choice === open) await documents.open(other);
  if (choice === remove) await client.call('links/remove', { link: id });
}

async function add(polymath: Polymath, kind: LinkRecord['kind'], { dataset, index }: DocumentAddress): Promise<void> {
  const other = await chooseAnother({ dataset, index }, linkText({ kind }));
  if (other === undefined) return;
  if (other.dataset !== dataset) {
    throw new UserError('The two documents are of different datasets.', 'Link documents of one dataset.');
  }
  await polymath.client.call('links/add', { dataset, kind, a: index, b: other.index });
}

function say(text: string): void {
  vscode.window.setStatusBarMessage(text, shownMilliseconds);
}
