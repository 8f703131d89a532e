import type { Command } from 'commander';
import { agreementOf } from '../../evaluate/page/agreement';
import { formatCount, formatNumber } from '../../base/format';
import { printable } from '../../base/printable';
import { UserError } from '../../base/errors';
import { expertLetter } from '../../base/letter';
import type { Backend } from '../../protocol/messages';
import type { SplitRecord, UnionRecord } from '../../protocol/records';
import { addPileSplits } from '../split-piles';
import { chooseSplit, named, pileOf } from '../choose-split';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { renderTable } from '../tables';

interface Options extends ProjectOptions {
  readonly split?: string;
  readonly merge?: string;
  readonly into?: string;
  readonly rename?: string;
  readonly to?: string;
  readonly agreement?: string;
  readonly unions?: boolean;
  readonly report?: boolean;
}

export function addPiles(program: Command, context: CommandContext): void {
  const piles = program
    .command('piles')
    .description('List the piles of a split, merge or rename them, or compare them with those of another split.')
    .option('--split <id>', 'split of the piles; the newest by default')
    .option('--merge <pile>', 'put all documents of this pile into another one; `polymath labels --undo` takes it back')
    .option('--into <pile>', 'the pile that they go into')
    .option('--rename <pile>', 'give this pile another name')
    .option('--to <name>', 'the name')
    .option('--agreement <split>', 'tell how far this split agrees with the other one')
    .option('--report', 'tell how the split came about, round by round, as a page in Markdown')
    .option('--unions', 'list why a guide made these piles; `polymath piles undo-union` takes unions back')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((options: Options) => run(options, context))
    // Otherwise this command would take the options of those below it.
    .enablePositionalOptions();
  addPileSplits(piles, context);
}

async function run(options: Options, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const split = await chooseSplit(backend, options.split);
    if (options.merge !== undefined) await merge(backend, split, options, context);
    else if (options.rename !== undefined) await rename(backend, split, options, context);
    else if (options.report === true) await report(backend, split, options, context);
    else if (options.unions === true) await unions(backend, split, options, context);
    else if (options.agreement !== undefined) await compare(backend, split, options.agreement, options, context);
    else list(split, options, context);
  });
}

async function merge(
  backend: Backend,
  split: SplitRecord,
  { merge: from, into, json }: Options,
  context: CommandContext,
): Promise<void> {
  if (from === undefined || into === undefined) {
    throw new UserError('It takes two piles to merge.', 'Name both: polymath piles --merge B --into A');
  }
  const request = { clustering: split.id, pile: pileOf(split, from), into: pileOf(split, into) };
  const { documents } = await backend.call('piles/merge', request);
  if (json === true) return writeJson(context, { ...request, documents });
  context.out.write(
    `${formatNumber(documents, 'document')} of pile ${from.toUpperCase()} ${documents === 1 ? 'is' : 'are'} in ${into.toUpperCase()}, in ${named(split)}.\n`,
  );
}

async function rename(
  backend: Backend,
  split: SplitRecord,
  { rename: letter, to: name, json }: Options,
  context: CommandContext,
): Promise<void> {
  if (letter === undefined || name === undefined) {
    throw new UserError('The new name is missing.', 'Give it: polymath piles --rename A --to "court rulings"');
  }
  const request = { clustering: split.id, pile: pileOf(split, letter), name };
  await backend.call('piles/rename', request);
  if (json === true) writeJson(context, request);
  else context.out.write(`Pile ${letter.toUpperCase()} of ${named(split)} is called ${printable(name)}.\n`);
}

async function report(
  backend: Backend,
  { id }: SplitRecord,
  { json }: Options,
  context: CommandContext,
): Promise<void> {
  const { markdown } = await backend.call('splits/report', { clustering: id });
  if (json === true) writeJson(context, { split: id, markdown });
  else context.out.write(markdown);
}

/** Why small clusters became piles, the last union first: it joined the most. */
async function unions(backend: Backend, split: SplitRecord, { json }: Options, context: CommandContext): Promise<void> {
  const items: UnionRecord[] = [];
  for (let total = 1; items.length < total;) {
    const page = await backend.call('splits/unions', { clustering: split.id, offset: items.length, limit: 1000 });
    if (page.items.length === 0) break;
    total = page.total;
    items.push(...page.items);
  }
  if (json === true) return writeJson(context, { split: split.id, unions: items });
  if (items.length === 0) {
    throw new UserError(`No guide made the piles of ${split.id}.`, 'Name a split that one made: --split split-…');
  }
  const columns = [
    { title: 'Union' },
    { title: 'Documents' },
    { title: 'joined' },
    { title: 'Why', align: 'left' as const },
  ];
  const rows = items.toReversed().map((union) => ({
    cells: [String(union.number), formatCount(union.other), formatCount(union.own), whyUnited(union)],
  }));
  context.out.write(renderTable(columns, rows, context.out));
}

function whyUnited({ by, quote, reason, gain }: UnionRecord): string {
  if (by === 'nearness') return 'nearness: nobody was asked any more';
  if (by === 'overlap') return 'they mostly held the same';
  const parts = [
    quote === undefined ? undefined : `“${printable(quote)}”`,
    gain === undefined ? undefined : `${gain.toFixed(3)} nats per token`,
    reason === undefined ? undefined : printable(reason),
  ];
  return parts.filter((part) => part !== undefined).join(', ') || 'the guide said so';
}

/** How far two splits agree: their piles against each other, and the figures of the table. */
async function compare(
  backend: Backend,
  split: SplitRecord,
  other: string,
  { json }: Options,
  context: CommandContext,
): Promise<void> {
  const { documents, counts } = await backend.call('splits/compare', { a: split.id, b: other });
  const { nmi, ari } = agreementOf(counts);
  if (json === true) return writeJson(context, { a: split.id, b: other, documents, nmi, ari, counts });
  const columns = [
    { title: split.id, align: 'left' as const },
    ...counts[0].map((_, i) => ({ title: expertLetter(i) })),
  ];
  const rows = counts.map((cells, i) => ({ cells: [expertLetter(i), ...cells.map(formatCount)] }));
  context.out.write(renderTable(columns, rows, context.out));
  context.out.write(
    `\nColumns: piles of ${other}. ${formatNumber(documents, 'document')} in both: NMI ${nmi.toFixed(3)}, ARI ${ari.toFixed(3)}.\n`,
  );
}

function list({ id, name, piles }: SplitRecord, { json }: Options, context: CommandContext): void {
  if (json === true) return writeJson(context, { id, name, piles });
  const columns = [
    { title: 'Pile', align: 'left' as const },
    { title: 'Name', align: 'left' as const },
    { title: 'Documents' },
    { title: 'Characteristic words', align: 'left' as const },
  ];
  const rows = piles.map((pile) => ({
    cells: [expertLetter(pile.pile), printable(pile.name), formatCount(pile.size), pile.terms.slice(0, 6).join(', ')],
  }));
  context.out.write(renderTable(columns, rows, context.out));
}
