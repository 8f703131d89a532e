/** Commands that split: one sub-command per method, which takes the settings of that method alone. */
import type { Command } from 'commander';
import { UserError } from '../base/errors';
import { formatList, formatNumber } from '../base/format';
import { printable } from '../base/printable';
import { type Raw, type SettingsTable, wordsOf } from '../base/settings';
import { settingsFor } from '../kinds/kind';
import type { Backend } from '../protocol/messages';
import type { DatasetRecord } from '../protocol/records';
import type { RunSpec } from '../protocol/run';
import { chooseDataset, type CommandContext } from './context';
import { addRunFlags, type RunOptions } from './run-command';
import { optionOf, toldSettings } from './settings-flags';

export interface SplitCommand {
  readonly name: string;
  readonly description: string;
  /** Settings that the command asks for in another way, or not at all. */
  readonly without: readonly string[];
  /** Adds flags that are no settings. */
  readonly more?: (command: Command) => Command;
  readonly action: (asked: SplitArguments, options: RunOptions & Raw) => Promise<void>;
}

export interface SplitArguments {
  readonly method: string;
  /** Whether the person said so, or the command's usual method stands there. */
  readonly named: boolean;
  readonly data: string | undefined;
  /** What flags and file say, by key. */
  readonly told: Raw;
}

/** The command alone goes by the default method, or by the one that its file names. */
export function addSplitCommand(program: Command, { kinds }: CommandContext, command: SplitCommand): void {
  const { variants, settings } = kinds.split;
  if (variants === undefined) throw new Error('splits are made by methods');
  const usual = String(settings[variants.by].default);
  const outer = program.command(command.name).description(command.description);
  const others = otherMethods(kinds.split);
  const add = (made: Command, method: string): Command => {
    const table = settingsFor(kinds.split, { method });
    made.argument(
      '[data]',
      'what `polymath import` reads, or the id of a dataset; by default the newest dataset, or the sample corpus',
    );
    const flags = addRunFlags(made, kinds.split, table, [variants.by, 'dataset', ...command.without]);
    hideOthers(flags, others, table);
    return (command.more?.(flags) ?? flags).action(async (data: string | undefined, options: RunOptions & Raw) => {
      const { method: named, ...told } = await toldSettings(made, { ...table, ...others });
      const chosen = wordsOf(named) ?? method;
      refuseOthers(kinds.split, chosen, told, command.name);
      await command.action({ method: chosen, named: made !== outer || named !== undefined, data, told }, options);
    });
  };
  add(outer, usual);
  // Otherwise the outer command would take the options of the inner one.
  outer.enablePositionalOptions();
  for (const [method, { label }] of Object.entries(variants.of)) {
    add(outer.command(method).description(`${label}.`), method);
  }
}

/** Settings of other methods are known although they are refused: whoever gives one is told whose it is. */
export function hideOthers(command: Command, others: SettingsTable, own: SettingsTable): void {
  for (const [key, setting] of Object.entries(others)) {
    if (!Object.hasOwn(own, key)) command.addOption(optionOf(key, setting).hideHelp());
  }
}

/** Throws UserError where a setting was told that only other methods have. `command`: what a method stands behind. */
export function refuseOthers(kind: CommandContext['kinds'][string], method: string, told: Raw, command: string): void {
  const methods = Object.entries(kind.variants?.of ?? {});
  const own = settingsFor(kind, { method });
  for (const key of Object.keys(told)) {
    const owners = methods.filter(([, { settings }]) => Object.hasOwn(settings, key)).map(([name]) => name);
    if (owners.length === 0 || Object.hasOwn(own, key)) continue;
    throw new UserError(
      `{${key}} is a setting of ${formatList(owners)}, and this splits by ${method}.`,
      `Leave it out, or split by another method: polymath ${command} ${owners[0]}`,
    );
  }
}

/** A file names the method, and then has its settings. */
export function otherMethods({ variants }: CommandContext['kinds'][string]): SettingsTable {
  return Object.assign({}, ...Object.values(variants?.of ?? {}).map(({ settings }) => settings)) as SettingsTable;
}

/** What is split: the documents that are named, those of the split to go on from, else the newest. */
export async function askedDataset(
  backend: Backend,
  { data, told }: SplitArguments,
  context: CommandContext,
): Promise<DatasetRecord> {
  if (data !== undefined || told.dataset !== undefined) return chooseDataset(backend, data ?? told.dataset, context);
  const from = wordsOf(told.from);
  const dataset = from === undefined ? undefined : (await backend.call('splits/get', { clustering: from })).dataset;
  return chooseDataset(backend, dataset, context);
}

/** What a split that begins with piles or experts has besides: as many piles as they are. */
export async function splitSpecOf(
  backend: Backend,
  asked: SplitArguments,
  { id: dataset }: DatasetRecord,
): Promise<RunSpec> {
  const { method, told } = asked;
  const spec = { ...told, kind: 'split', method, dataset };
  if (told.from === undefined && told.experts === undefined) return spec;
  if (told.k !== undefined) {
    throw new UserError(
      'There are as many piles as the split or the experts have that it begins with.',
      'Leave out {k}. Piles are merged by polymath piles --merge, and divided by polymath piles divide.',
    );
  }
  return { ...spec, k: await earlierPiles(backend, told) };
}

async function earlierPiles(backend: Backend, told: Raw): Promise<number> {
  const from = wordsOf(told.from);
  if (from === undefined) {
    return (await backend.call('experts/get', { experts: wordsOf(told.experts) ?? '' })).experts.length;
  }
  const { piles } = await backend.call('splits/get', { clustering: from });
  return piles.filter(({ size }) => size > 0).length;
}

/** Before the guide is asked anything. */
export function tellGuide(spec: RunSpec, { documents }: DatasetRecord, { progress, kinds }: CommandContext): void {
  const table = settingsFor(kinds.split, spec);
  if (!('guide' in table)) return;
  const values: Raw = { k: table.k.default, ...spec, documents: documents.train };
  const valueOf = (key: string): unknown => values[key] ?? table[key].usual?.(values);
  const [queries, tokens] = [Number(valueOf('queries')), Number(valueOf('guideTokens'))];
  const most = `at most ${formatNumber(queries, 'question')} and ${formatNumber(tokens, 'token')}`;
  progress.print(
    `Guide ${printable(String(valueOf('guide')))}: ${most} (--queries, --guide-tokens). What they leave open goes by nearness.`,
  );
}
