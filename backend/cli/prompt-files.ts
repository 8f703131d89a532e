/**
 * Prompts as other tools hold them, read as roles: `prompts` of a promptfoo configuration (texts, files, conversations) and the
 * instructions of the predictors of a DSPy program that was saved as JSON. What a role has no place for is left out and told.
 */
import { basename, dirname, extname, resolve } from 'node:path';
import { UserError } from '../base/errors';
import { formatNumber } from '../base/format';
import type { Raw } from '../base/settings';
import { isFields, parseYaml, readWritten } from '../base/yaml-text';

export interface Prompt {
  /** Where it stands: a file, its number in the list, the name of a predictor. */
  readonly from: string;
  readonly text: string;
}

/** The prompts that can be roles, in their order, and what was left out, in sentences. */
export interface Prompts {
  readonly prompts: readonly Prompt[];
  readonly notes: readonly string[];
}

/** Throws UserError where the file, or one that it names, cannot be read, or holds no prompt that can be a role. */
export async function readPrompts(path: string): Promise<Prompts> {
  const name = basename(path);
  const { value } = parseYaml(await readWritten(path, 'a file of prompts'), name, 'file of prompts');
  const notes: string[] = [];
  const found = await promptsIn(value, path, notes);
  const prompts = found.flatMap((prompt) => withoutVariables(prompt, notes));
  if (prompts.length > 0) return { prompts, notes };
  throw new UserError(
    [`${name} holds no prompt that can be a role.`, ...notes].join(' '),
    'Give a promptfoo configuration with prompts: in it, or a DSPy program that was saved as JSON.',
  );
}

async function promptsIn(value: unknown, path: string, notes: string[]): Promise<Prompt[]> {
  if (Array.isArray(value)) return listed(value, path, notes);
  if (!isFields(value)) return [];
  const { prompts } = value;
  if (prompts !== undefined) return listed(Array.isArray(prompts) ? prompts : [prompts], path, notes);
  return predictors(value).flatMap(([name, predictor]) => instructionsOf(name, predictor, notes));
}

async function listed(list: readonly unknown[], path: string, notes: string[]): Promise<Prompt[]> {
  const found: Prompt[] = [];
  for (const [i, entry] of list.entries()) {
    const from = `prompt ${i + 1}`;
    const text = isFields(entry) ? (entry.raw ?? entry.id) : entry;
    const file = typeof text === 'string' ? fileIn(text) : undefined;
    if (typeof text !== 'string') notes.push(`${from} is no text and is left out.`);
    else if (file !== undefined) found.push(...(await fromFile(file, dirname(path), notes)));
    else found.push(...fromText(text, from, notes));
  }
  return found;
}

/** The file that an entry names: by `file://`, or as a path alone. */
function fileIn(text: string): string | undefined {
  const [, named] = /^file:\/\/(\S.*)$/.exec(text.trim()) ?? [];
  return named ?? (/^[^\s{}]+\.(txt|md|j2|json|ya?ml|csv|py|[cm]?[jt]s)$/i.test(text.trim()) ? text.trim() : undefined);
}

async function fromFile(named: string, folder: string, notes: string[]): Promise<Prompt[]> {
  const kind = extname(named).toLowerCase();
  if (!['.txt', '.md', '.j2', '.json', '.yaml', '.yml'].includes(kind) || named.includes('*')) {
    notes.push(`${named} is a program, a table or a pattern of names and is left out.`);
    return [];
  }
  const text = await readWritten(resolve(folder, named), 'a prompt');
  if (kind !== '.txt') return fromText(text, named, notes);
  return text.split(/^---[ \t]*\r?$/m).flatMap((part) => fromText(part, named, notes));
}

/** A conversation gives what its system says; all else is a text. */
function fromText(text: string, from: string, notes: string[]): Prompt[] {
  if (text.trim() === '') return [];
  const turns = turnsIn(text);
  if (turns === undefined) return [{ from, text }];
  const system = turns.filter(({ role }) => role === 'system' || role === 'developer');
  const others = turns.length - system.length;
  if (others > 0)
    notes.push(`Of ${from} ${formatNumber(others, 'turn is', 'turns are')} left out: the system does not say it.`);
  const said = system.map(({ content }) => content).filter((content) => typeof content === 'string');
  return said.length === 0 ? [] : [{ from, text: said.join('\n') }];
}

/** Undefined where the text is no list of turns. */
function turnsIn(text: string): Raw[] | undefined {
  if (!/^(\[|- *role *:)/.test(text.trimStart())) return undefined;
  try {
    const { value } = parseYaml(text, 'this', 'conversation');
    return Array.isArray(value) && value.every((turn) => isFields(turn) && 'role' in turn)
      ? (value as Raw[])
      : undefined;
  } catch (error) {
    // Variables within brackets make it no YAML, so it is a text.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** A role has no variables: the prompt itself follows. */
function withoutVariables({ from, text }: Prompt, notes: string[]): Prompt[] {
  const lines = text.split(/\r?\n/);
  const kept = lines.filter((line) => !/\{\{|\{%|\{#/.test(line));
  const rest = kept.join('\n').trim();
  const told = formatNumber(lines.length - kept.length, 'line is', 'lines are');
  if (kept.length < lines.length)
    notes.push(`Of ${from} ${told} left out, with variables: what is asked follows a role by itself.`);
  return rest === '' ? [] : [{ from, text: rest }];
}

/** The states of predictors by their names, as DSPy saves them: of a program, or of a predictor alone. */
function predictors(state: Raw): [string, Raw][] {
  const all: [string, unknown][] = [['predictor', state], ...Object.entries(state)];
  return all.filter((entry): entry is [string, Raw] => isFields(entry[1]) && instructionIn(entry[1]) !== undefined);
}

/** `signature.instructions`; `signature_instructions` before DSPy 2.5. */
function instructionIn({ signature, signature_instructions: former }: Raw): string | undefined {
  const found = isFields(signature) ? signature.instructions : former;
  return typeof found === 'string' ? found : undefined;
}

function instructionsOf(name: string, predictor: Raw, notes: string[]): Prompt[] {
  const { demos } = predictor;
  if (Array.isArray(demos) && demos.length > 0) {
    notes.push(
      `Of ${name} ${formatNumber(demos.length, 'example is', 'examples are')} left out: a role is its instructions alone.`,
    );
  }
  return [{ from: name, text: instructionIn(predictor) ?? '' }];
}
