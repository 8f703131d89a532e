import type { Command } from 'commander';
import { formatConfidence, formatNumber } from '../../base/format';
import { printable } from '../../base/printable';
import { UserError } from '../../base/errors';
import { expertLetter } from '../../base/letter';
import type { Backend, Result } from '../../protocol/messages';
import type { SplitRecord, Placement } from '../../protocol/records';
import { chooseSplit, named, pileOf } from '../choose-split';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { positiveInteger } from '../options';
import { renderTable } from '../tables';

interface Options extends ProjectOptions {
  readonly split?: string;
  readonly outliers?: boolean;
  readonly move?: string;
  readonly must?: boolean;
  readonly cannot?: boolean;
  readonly unlink?: boolean;
  readonly pin?: boolean;
  readonly unpin?: boolean;
  readonly exclude?: boolean;
  readonly include?: boolean;
  readonly undo?: boolean;
  readonly why?: boolean;
  readonly limit: number;
}

export function addLabels(program: Command, context: CommandContext): void {
  program
    .command('labels')
    .description('Move documents between piles, take them out of all runs, or list what was moved.')
    .argument('[documents...]', 'their positions in the dataset, from 0')
    .option('--split <id>', 'split of the piles; the newest by default')
    .option('--outliers', 'all documents that fit no pile well: listed, or what else is asked for')
    .option('--move <pile>', 'move the documents to the pile of this letter')
    .option('--must', 'the documents must share a pile in every split from now on')
    .option('--cannot', 'no two of them may share a pile')
    .option('--unlink', 'remove the links between them')
    .option('--pin', 'the documents stay in their piles when a split goes on from this one, as moved ones do')
    .option('--unpin', 'they need not')
    .option('--exclude', 'no run reads the documents from now on')
    .option('--include', 'runs read the documents again')
    .option('--undo', 'take back the latest move, merge, name, pin, link or exclusion')
    .option('--why', 'tell what speaks for the pile of each document')
    .option('--limit <number>', 'moves that are listed', positiveInteger, 20)
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((documents: string[], options: Options) => run(documents.map(position), options, context));
}

function position(given: string): number {
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw new UserError(`"${given}" is no position of a document.`, 'Give whole numbers from 0: see polymath datasets.');
}

async function run(documents: readonly number[], options: Options, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const split = await chooseSplit(backend, options.split);
    const chosen = options.outliers === true ? await outliersOf(backend, split) : documents;
    const result = await carryOut(backend, split, chosen, options);
    if (options.json === true) return writeJson(context, result.value);
    context.out.write(result.text(context));
  });
}

// Documents that one request changes, and one undo takes back.
const mostAtOnce = 10_000;

/** Exclusions and links are the dataset's, and hold in all splits of it. */
function undoneText({ moves, pins, exclusions, renames, links }: Result<'labels/undo'>, split: SplitRecord): string {
  const [rename] = renames;
  const [change] = links;
  const within = named(split);
  if (rename !== undefined) {
    return `Pile ${expertLetter(rename.pile)} of ${within} is called ${printable(rename.from)} again.\n`;
  }
  if (change !== undefined) {
    const { a, b } = change.link;
    return `The link of documents ${a} and ${b} of ${split.dataset} is ${change.added ? 'gone' : 'there'} again.\n`;
  }
  if (exclusions.length > 0) return `${count(exclusions.length)} of ${split.dataset} taken back.\n`;
  const documents = moves.length + pins.length;
  return documents === 0
    ? `Nothing is left to take back in ${within}; name another split with --split.\n`
    : `${count(documents)} taken back in ${within}.\n`;
}

interface Answer {
  readonly value: unknown;
  readonly text: (context: CommandContext) => string;
}

async function carryOut(
  backend: Backend,
  split: SplitRecord,
  documents: readonly number[],
  options: Options,
): Promise<Answer> {
  if (options.undo === true) {
    const undone = await backend.call('labels/undo', { clustering: split.id });
    return { value: { split: split.id, ...undone }, text: () => undoneText(undone, split) };
  }
  const pins = options.pin === true || options.unpin === true;
  const links = options.must === true || options.cannot === true || options.unlink === true;
  const changes = options.move !== undefined || links || pins || options.exclude === true || options.include === true;
  if (options.outliers === true && documents.length === 0) {
    return { value: [], text: () => `Every document of ${split.id} fits a pile, as far as its method tells.\n` };
  }
  if ((changes || options.why === true) && documents.length === 0) {
    throw new UserError('No document is named.', 'Give positions in the dataset: polymath labels --exclude 3 17');
  }
  if (options.move !== undefined) return move(backend, split, documents, options.move);
  if (links) return link(backend, split, documents, options);
  if (pins) return pin(backend, split, documents, options.pin === true);
  if (options.why === true) return why(backend, split, documents);
  if (!changes && options.outliers === true) return listOutliers(backend, split, options.limit);
  if (!changes) return list(backend, split, options.limit);
  const excluded = options.exclude === true;
  const exclusions = [];
  for (let from = 0; from < documents.length; from += mostAtOnce) {
    const part = documents.slice(from, from + mostAtOnce);
    const changed = await backend.call('labels/exclude', { dataset: split.dataset, documents: part, excluded });
    exclusions.push(...changed.exclusions);
  }
  const what = `${split.dataset} ${excluded ? 'out of all runs' : 'in runs again'}`;
  return { value: exclusions, text: () => `${count(exclusions.length)} of ${what}.\n` };
}

/** Positions of the documents that fit no pile well. */
async function outliersOf(backend: Backend, { id: clustering }: SplitRecord): Promise<number[]> {
  const found: number[] = [];
  for (;;) {
    const request = { clustering, outliers: true, offset: found.length, limit: 1000 };
    const { total, items } = await backend.call('piles/documents', request);
    found.push(...items.map(({ index }) => index));
    if (items.length === 0 || found.length >= total) return found;
  }
}

async function listOutliers(backend: Backend, { id: clustering }: SplitRecord, limit: number): Promise<Answer> {
  const request = { clustering, outliers: true, limit: Math.min(limit, 1000) };
  const { total, items } = await backend.call('piles/documents', request);
  const columns = [
    { title: 'Document' },
    { title: 'Pile' },
    { title: 'Id', align: 'left' as const },
    { title: 'Text', align: 'left' as const },
  ];
  const rows = items.map(({ index, pile, id, preview }) => ({
    cells: [String(index), expertLetter(pile), printable(id), printable(preview.slice(0, 60))],
  }));
  const rest = total > items.length ? `${count(total - items.length)} more: see --limit.\n` : '';
  return { value: { total, items }, text: ({ out }) => renderTable(columns, rows, out) + rest };
}

async function move(backend: Backend, split: SplitRecord, documents: readonly number[], pile: string): Promise<Answer> {
  const to = pileOf(split, pile);
  const placed = await Promise.all(documents.map((document) => placeOf(backend, split, document)));
  const seen = placed.map(({ row: { index, version } }) => ({ index, version }));
  const { moves } = await backend.call('labels/move', { clustering: split.id, documents: seen, to });
  return { value: moves, text: () => `${count(moves.length)} moved to pile ${expertLetter(to)} of ${named(split)}.\n` };
}

/** Documents that must share a pile are linked in a chain, documents that may not each with each. */
async function link(
  backend: Backend,
  { dataset }: SplitRecord,
  documents: readonly number[],
  options: Options,
): Promise<Answer> {
  if (options.unlink === true) {
    const { items } = await backend.call('links/list', { dataset, limit: 1000 });
    const between = items.filter(({ a, b }) => documents.includes(a) && documents.includes(b));
    for (const { id } of between) await backend.call('links/remove', { link: id });
    return { value: between, text: () => `${formatNumber(between.length, 'link')} removed.\n` };
  }
  if (documents.length < 2) throw new UserError('A link holds between two documents.', 'Name two or more.');
  const kind = options.must === true ? ('must' as const) : ('cannot' as const);
  const pairs = documents.flatMap((a, i) => {
    const others = kind === 'must' ? documents.slice(i + 1, i + 2) : documents.slice(i + 1);
    return others.map((b) => ({ dataset, kind, a, b }));
  });
  const links = [];
  for (const pair of pairs) links.push(await backend.call('links/add', pair));
  const meaning = kind === 'must' ? 'must share a pile' : 'must not share a pile';
  return { value: links, text: () => `${count(documents.length)} ${meaning} in every split from now on.\n` };
}

async function pin(
  backend: Backend,
  split: SplitRecord,
  documents: readonly number[],
  pinned: boolean,
): Promise<Answer> {
  const { pins } = await backend.call('labels/pin', { clustering: split.id, documents: [...documents], pinned });
  return { value: pins, text: () => `${count(pins.length)} ${pinned ? 'pinned' : 'free'} in ${named(split)}.\n` };
}

async function placeOf(backend: Backend, { id }: SplitRecord, document: number): Promise<Placement> {
  const place = await backend.call('piles/find', { clustering: id, document });
  if (place !== null) return place;
  throw new UserError(`Document ${document} is in no pile of ${id}.`, 'Choose documents that were split.');
}

async function why(backend: Backend, split: SplitRecord, documents: readonly number[]): Promise<Answer> {
  const found = [];
  for (const document of documents) found.push(await backend.call('documents/why', { clustering: split.id, document }));
  const text = found.map(({ placement: { row }, terms, neighbours }) => {
    const certainty = row.moved
      ? ', moved by hand'
      : row.confidence === undefined
        ? ''
        : `, ${formatConfidence(row.confidence)}`;
    const words = terms.map(({ word }) => word).join(', ');
    const near = neighbours.map(({ document, pile }) => `${printable(document.id)} (${expertLetter(pile)})`).join(', ');
    return `${printable(row.id)}: pile ${expertLetter(row.pile)}${certainty}\n  words: ${words}\n  like it: ${near}\n`;
  });
  return { value: found, text: () => text.join('') };
}

async function list(backend: Backend, split: SplitRecord, limit: number): Promise<Answer> {
  const { total } = await backend.call('labels/list', { clustering: split.id, limit: 1 });
  const offset = Math.max(0, total - limit);
  const { items } = await backend.call('labels/list', { clustering: split.id, offset, limit: Math.min(limit, 1000) });
  const columns = [
    { title: 'Document' },
    { title: 'From' },
    { title: 'To' },
    { title: 'When', align: 'left' as const },
  ];
  const rows = items.map(({ document, from, to, created, undone }) => ({
    cells: [String(document), expertLetter(from), expertLetter(to), `${created}${undone ? ', taken back' : ''}`],
  }));
  const text = ({ out }: CommandContext): string =>
    total === 0 ? `Nobody has moved a document of ${split.id}.\n` : renderTable(columns, rows, out);
  return { value: { total, items }, text };
}

const count = (documents: number): string => formatNumber(documents, 'document');
