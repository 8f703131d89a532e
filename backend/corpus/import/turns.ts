/** Conversations as the tools that write them lay them out: a list of turns in one field, or a question and its answer in several. */
import type { Turn } from '../../protocol/records';
import { isFields, valueAt } from './fields';

type Fields = Readonly<Record<string, unknown>>;

/** Fields of which a question and its answer are made. Of the question's, all but the first may be empty or absent. */
export interface PairFields {
  readonly user: readonly string[];
  readonly assistant: string;
}

/** Where the turns of a conversation are. A field `system` beside them gives the first turn. */
export type TurnFields = { readonly list: string } | PairFields;

/** Pairs by the names of their fields: Alpaca, Dolly, and what trainers of completions read. The likeliest first. */
export const pairs: readonly PairFields[] = [
  { user: ['instruction', 'input'], assistant: 'output' },
  { user: ['instruction', 'context', 'input'], assistant: 'response' },
  { user: ['prompt'], assistant: 'completion' },
  { user: ['prompt'], assistant: 'response' },
];
/** Pairs that go after a column of texts: such fields also stand beside the text that they ask about. */
export const questions: readonly PairFields[] = [
  { user: ['question', 'context'], assistant: 'answer' },
  { user: ['query', 'context'], assistant: 'response' },
];
/** Usual names of lists of turns; of preferences, the answer that was chosen. */
export const listNames = ['messages', 'conversations', 'conversation', 'dialogue', 'dialog', 'turns', 'chosen'];
export const systemField = 'system';

const roleKeys = ['role', 'from', 'speaker'];
const contentKeys = ['content', 'value', 'text'];
const roles: ReadonlyMap<string, string> = new Map([
  ['human', 'user'],
  ['gpt', 'assistant'],
  ['chatgpt', 'assistant'],
  ['bot', 'assistant'],
  ['model', 'assistant'],
  ['ai', 'assistant'],
]);

/** Whether a value is a list of turns. */
export function isTurnList(value: unknown): boolean {
  const list = asList(value);
  return list !== undefined && list.length > 0 && list.every((item) => isFields(item) && keyAmong(item, roleKeys));
}

/** What turns say beside who speaks and what: keys that are not read. */
export function furtherKeys(values: readonly unknown[]): string[] {
  const turns = values.flatMap((value) => asList(value) ?? []).filter(isFields);
  const known = [...roleKeys, ...contentKeys];
  return [...new Set(turns.flatMap((item) => Object.keys(item)))].filter((key) => !known.includes(key));
}

/** The turns of a record, or why it has none. */
export function readTurns(fields: Fields, from: TurnFields): Turn[] | string {
  const turns = 'list' in from ? turnsOfList(valueAt(fields, from.list), from.list) : turnsOfPair(fields, from);
  if (typeof turns === 'string') return turns;
  const system = valueAt(fields, systemField);
  const first = typeof system === 'string' && system.trim() !== '' && turns[0].role !== 'system';
  return first ? [{ role: 'system', content: system }, ...turns] : turns;
}

function turnsOfPair(fields: Fields, { user, assistant }: PairFields): Turn[] | string {
  const asked: Turn[] = [];
  const parts: string[] = [];
  for (const [i, name] of user.entries()) {
    const value = valueAt(fields, name);
    if (typeof value === 'string') parts.push(...(value.trim() === '' ? [] : [value]));
    else if (isTurnList(value)) {
      const turns = turnsOfList(value, name);
      if (typeof turns === 'string') return turns;
      asked.push(...turns);
    } else if (i === 0 || (value !== undefined && value !== null)) return noText(name, value);
    if (i === 0 && asked.length + parts.length === 0) return `field "${name}" is empty`;
  }
  if (parts.length > 0) asked.push({ role: 'user', content: parts.join('\n\n') });
  const answer = valueAt(fields, assistant);
  if (isTurnList(answer)) {
    const turns = turnsOfList(answer, assistant);
    return typeof turns === 'string' ? turns : [...asked, ...turns];
  }
  if (typeof answer !== 'string') return noText(assistant, answer);
  if (answer.trim() === '') return `field "${assistant}" is empty`;
  return [...asked, { role: 'assistant', content: answer }];
}

function turnsOfList(value: unknown, name: string): Turn[] | string {
  const list = asList(value);
  if (list === undefined)
    return value === undefined || value === null ? noText(name, value) : `field "${name}" is no list of turns`;
  const turns: Turn[] = [];
  for (const [i, item] of list.entries()) {
    const turn = isFields(item) ? turnOf(item) : 'no turn: it has no role';
    if (typeof turn === 'string') return `"${name}", turn ${i + 1}: ${turn}`;
    // A prompt of the system that says nothing is none; any other empty turn is a gap.
    if (turn.content.trim() !== '') turns.push(turn);
    else if (turn.role !== 'system') return `"${name}", turn ${i + 1}: it is empty`;
  }
  return turns.length === 0 ? `field "${name}" holds no turns` : turns;
}

function turnOf(item: Fields): Turn | string {
  const role = valueAt(item, roleKeys.find((key) => Object.hasOwn(item, key)) ?? 'role');
  if (typeof role !== 'string' || role.trim() === '') return 'no turn: it has no role';
  const content = contentOf(valueAt(item, contentKeys.find((key) => Object.hasOwn(item, key)) ?? 'content'));
  if (content === undefined) return 'its content is no text';
  const name = role.trim().toLowerCase();
  return { role: roles.get(name) ?? name, content };
}

/** A text, or the text of a list of parts that are all texts. */
function contentOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const parts = content.map((part: unknown) => (isFields(part) ? part.text : part));
  return parts.every((part) => typeof part === 'string') ? parts.join('\n\n') : undefined;
}

/** A list, also one written as JSON in the cell of a table. */
function asList(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[];
  if (typeof value !== 'string' || !/^\s*\[\s*\{/.test(value)) return undefined;
  try {
    const list = JSON.parse(value) as unknown;
    return Array.isArray(list) ? (list as unknown[]) : undefined;
  } catch {
    return undefined;
  }
}

function keyAmong(item: Fields, keys: readonly string[]): boolean {
  return keys.some((key) => Object.hasOwn(item, key));
}

function noText(name: string, value: unknown): string {
  return value === undefined || value === null ? `no field "${name}"` : `field "${name}" is not a string`;
}
