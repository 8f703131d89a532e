/** `json.dumps`, as the `tojson` of transformers calls it. */
import { compare, Dict, Float, floatText, isList, iterate, kindOf, textOf, Tuple, type Value } from './values';

export interface JsonLayout {
  readonly ascii: boolean;
  /** What a level is indented by; on one line without. */
  readonly indent: string | undefined;
  readonly separators: readonly [item: string, key: string];
  readonly sorted: boolean;
}

const deepest = 100;

export function toJson(value: Value, layout: JsonLayout, depth = 0): string {
  if (depth > deepest) throw new Error('a value lies too deep for JSON');
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return jsonText(value, layout.ascii);
  if (value instanceof Float) return jsonNumber(value.value);
  const inner = (item: Value): string => toJson(item, layout, depth + 1);
  if (isList(value) || value instanceof Tuple) return bracketed('[]', iterate(value).map(inner), layout, depth);
  if (!(value instanceof Dict)) throw new Error(`Object of type ${kindOf(value)} is not JSON serializable`);
  const entries = layout.sorted ? [...value.entries].sort(([a], [b]) => compare(a, b)) : value.entries;
  const items = entries.map(([key, item]) => jsonText(keyText(key), layout.ascii) + layout.separators[1] + inner(item));
  return bracketed('{}', items, layout, depth);
}

function bracketed(marks: string, items: readonly string[], { indent, separators }: JsonLayout, depth: number): string {
  if (items.length === 0) return marks;
  if (indent === undefined) return marks[0] + items.join(separators[0]) + marks[1];
  const line = `\n${indent.repeat(depth + 1)}`;
  return `${marks[0]}${line}${items.join(separators[0] + line)}\n${indent.repeat(depth)}${marks[1]}`;
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  if (key === null || typeof key === 'boolean' || typeof key === 'number') return String(key);
  if (key instanceof Float) return jsonNumber(key.value);
  throw new Error(`keys must be str, int, float, bool or None, not ${kindOf(key)} (${textOf(key).slice(0, 50)})`);
}

function jsonNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? floatText(value) : value > 0 ? 'Infinity' : '-Infinity';
}

function jsonText(text: string, ascii: boolean): string {
  // JavaScript also escapes halves of surrogate pairs, which no text has here.
  const json = JSON.stringify(text);
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return ascii ? json.replaceAll(/[\x80-\uffff]/g, escaped) : json;
}
