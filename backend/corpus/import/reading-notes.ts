/** Says in sentences what an import reads of its source and what it does not. */
import { formatNumber } from '../../base/format';
import type { Side } from '../../protocol/records';
import { type Columns, type TextFields, textPaths } from './columns';
import { pathsOf, valueAt } from './fields';
import { formatNames } from './formats';
import type { CorpusSource } from './source';
import { furtherKeys, systemField } from './turns';

type Fields = Readonly<Record<string, unknown>>;

/** Names that are written out; of more, their number is told. */
const MOST = 12;

/** What is found while a source is read. */
export class ReadingNotes {
  /** What is unusual in how files are written, with the files. */
  private readonly forms = new Map<string, Set<string>>();
  private columns: readonly string[] = [];

  constructor(private readonly source: CorpusSource) {}

  tell(file: string, form: string): void {
    const files = this.forms.get(form) ?? new Set();
    this.forms.set(form, files.add(file));
  }

  chosen(columns: Columns, sample: readonly Fields[]): void {
    this.columns = columnNotes(columns, sample);
  }

  /** `drawn`: the sides that are drawn although the files give some. */
  sentences(drawn: readonly Side[] = []): string[] {
    const { files, format, unread } = this.source;
    const count = formatNumber(files.length, `${formatNames[format]} file`);
    const forms = [...this.forms].map(([form, among]) =>
      files.length === 1 ? form : `${form} (${among.size === 1 ? [...among][0] : `${among.size} files`})`,
    );
    const given = [...new Set(files.flatMap(({ side }) => side ?? []))];
    const sides = given.length === 0 ? [] : [`Sides by the names of files: ${given.join(', ')}${drawnNote(drawn)}.`];
    return [
      `Read: ${[count, ...forms].join('; ')}.`,
      ...this.columns,
      ...(unread.length === 0 ? [] : [`Files not read: ${unread.join('; ')}.`]),
      ...sides,
    ];
  }
}

function drawnNote(drawn: readonly Side[]): string {
  return drawn.length === 0 ? '' : `; ${drawn.join(' and ')} drawn from train`;
}

function columnNotes(columns: Columns, sample: readonly Fields[]): string[] {
  const { text, id, domain } = columns;
  const system =
    'names' in text || !sample.some((fields) => typeof valueAt(fields, systemField) === 'string') ? [] : [systemField];
  const read = [textNote(text, system)];
  if (id !== undefined) read.push(`id from \`${id}\``);
  if (domain !== undefined) read.push(`domain from \`${domain}\``);
  const taken = [...textPaths(text), ...system, id, domain];
  const rest = pathsOf(sample).filter((name) => !taken.includes(name));
  const keys = 'list' in text ? furtherKeys(sample.map((fields) => valueAt(fields, text.list))) : [];
  return [
    `Columns: ${read.join('; ')}.`,
    ...(rest.length === 0 ? [] : [`Not read, kept as metadata: ${quoted(rest)}.`]),
    ...(keys.length === 0 ? [] : [`Not read of the turns: ${quoted(keys)}.`]),
  ];
}

function textNote(text: TextFields, system: readonly string[]): string {
  if ('names' in text) {
    const [name, ...more] = text.names;
    return more.length === 0 ? `text from \`${name}\`` : `text from ${quoted(text.names)}, joined by blank lines`;
  }
  const kept = 'kept as turns; their text is written as "User: …" and "Assistant: …"';
  const names = quoted([...system, ...textPaths(text)]);
  return 'list' in text ? `conversations from ${names}, ${kept}` : `questions and answers from ${names}, ${kept}`;
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, MOST).map((name) => `\`${name}\``);
  return shown.join(', ') + (names.length > MOST ? ` and ${names.length - MOST} more` : '');
}
