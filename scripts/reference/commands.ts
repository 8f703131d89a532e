/** docs/commands.md: every command, from commander's own objects and from the editor's table. */
import type { Argument, Command, Option } from 'commander';
import type { CommandTable } from '../../extension/commands/command';
import { chord, type Contribution, type Key } from '../../extension/contributions/contribution';
import type { ContributedView } from '../../extension/contributions/views';
import { code, file, made, table } from './markdown';

export interface EditorTables {
  readonly commands: CommandTable;
  readonly views: Readonly<Record<string, ContributedView>>;
}

export function commandsReference(program: Command, editor: EditorTables): string {
  return file([
    made,
    '# Commands',
    'Every command explains itself with `--help` and writes its result as JSON with `--json`; what went wrong is then JSON, too: `{"error": {"message", "next"}}`. Wherever an id is taken, as much of it as no other has does as well, and so does the name of what it stands for. Exit codes: 0 done, 1 a mistake that the message explains, 2 wrong usage, 130 stopped. What settings mean in detail: [settings.md](settings.md).',
    '## The command line',
    ...program.commands.flatMap((command) => commandParts(command, 'polymath')),
    '## The editor',
    'In the palette under *Polymath*; most are in the menus of the rows that they are about too.',
    editorTable(editor),
  ]);
}

/** The command of "models pull". */
export function commandAt(program: Command, path: string): Command {
  return path.split(' ').reduce((command, name) => {
    const found = command.commands.find((inner) => inner.name() === name);
    if (found === undefined) throw new Error(`there is no command ${path}`);
    return found;
  }, program);
}

export const optionsOf = (command: Command): readonly Option[] => command.options.filter(({ hidden }) => !hidden);

function commandParts(command: Command, before: string, above?: Command): string[] {
  const name = `${before} ${command.name()}`;
  const { named, own } = partedOptions(command, above);
  return [
    `${'#'.repeat(name.split(' ').length + 1)} ${name}`,
    command.description(),
    code(
      [
        name,
        ...command.registeredArguments.map(argumentText),
        ...(command.options.length > 0 ? ['[options]'] : []),
      ].join(' '),
    ),
    argumentsTable(command, above),
    own.length === 0 ? '' : table(['option', 'what it does'], own.map(optionRow)),
    named.length === 0 ? '' : `As ${code(before)} has them: ${named.map((flag) => code(flag)).join(', ')}.`,
    ...command.commands.flatMap((inner) => commandParts(inner, name, command)),
  ];
}

/** Options that the command above has to the word are only named. */
function partedOptions(
  command: Command,
  above: Command | undefined,
): { readonly named: readonly string[]; readonly own: readonly Option[] } {
  const known = new Set((above === undefined ? [] : optionsOf(above)).map(optionWords));
  const isKnown = (option: Option): boolean => known.has(optionWords(option));
  const options = optionsOf(command);
  return {
    named: options.filter(isKnown).map(({ long, flags }) => long ?? flags),
    own: options.filter((option) => !isKnown(option)),
  };
}

const optionWords = (option: Option): string => optionRow(option).join(' ');

function optionRow({
  flags,
  description,
  argChoices,
  defaultValue,
  defaultValueDescription,
  mandatory,
}: Option): string[] {
  const choices = argChoices === undefined ? '' : ` (${argChoices.map(code).join(', ')})`;
  const value: unknown = defaultValueDescription ?? defaultValue;
  const usual =
    value === undefined || value === false || value === '' || (Array.isArray(value) && value.length === 0)
      ? ''
      : ` (default: ${Array.isArray(value) ? value.join(',') : typeof value === 'string' ? value : JSON.stringify(value)})`;
  return [code(flags), `${description}${choices}${usual}${mandatory ? ' (required)' : ''}`];
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function argumentsTable(command: Command, above: Command | undefined): string {
  const rows = (of: Command): string[][] =>
    of.registeredArguments.map((argument) => [code(argument.name()), argument.description]);
  const own = rows(command);
  const isSame = above !== undefined && JSON.stringify(rows(above)) === JSON.stringify(own);
  return own.length === 0 || isSame ? '' : table(['argument', 'what it is'], own);
}

function editorTable({ commands, views }: EditorTables): string {
  const entries: readonly (readonly [id: string, Contribution])[] = Object.entries(commands);
  const rows = entries.map(([id, { title, keys = [] }]) => [title, code(id), keysText(keys)]);
  const focus = Object.entries(views).map(([view, { name, letter }]) => [
    `Focus on ${name} View`,
    code(`polymath.${view}.focus`),
    keysText([chord(letter)]),
  ]);
  return table(['command', 'id', 'keys'], [...rows, ...focus]);
}

const keysText = (keys: readonly Key[]): string =>
  [...new Set(keys.map(({ key, mac }) => `${keyText(key)}${mac === undefined ? '' : ` (Mac: ${keyText(mac)})`}`))].join(
    ', ',
  );

const keyText = (key: string): string => key.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
