/** YAML, and so JSON, that people write: every mistake in it is told with its line. */
import { readFile, stat } from 'node:fs/promises';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { formatBytes } from './bytes';
import { UserError } from './errors';
import { isSystemError } from './files';

/** A person writes no more; whoever gives more has named another file. */
const mostBytes = 2 ** 20;

export interface YamlText {
  readonly value: unknown;
  /** "team.yaml, line 4": where a path of keys and positions leads to, or what should hold that. */
  readonly placeOf: (path: readonly (string | number)[]) => string;
}

/** Whether it is keys with values. */
export const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a file that a person wrote says. Throws UserError where it is not there, not text, or longer than 1 MiB. */
export async function readWritten(path: string, what: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) {
      const most = formatBytes(mostBytes);
      throw new UserError(
        `${path} has ${formatBytes(size)}, and ${what} has ${most} at most.`,
        'Check that it is the file that you mean.',
      );
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES')) {
      throw new UserError(`${path}, ${what}, cannot be read.`, 'Check its name.');
    }
    if (error instanceof TypeError) throw new UserError(`${path} is no text in UTF-8.`, 'Save it as UTF-8.');
    throw error;
  }
}

/** Throws UserError where the text is no YAML, with the line. Messages call it by `name`, and by `what` it should be. */
export function parseYaml(text: string, name: string, what: string): YamlText {
  const lines = new LineCounter();
  const refused = (why: string): UserError =>
    new UserError(`${name} is no ${what} in YAML: ${why}.`, 'Mend that place.');
  // The package takes seconds for these, and more than its stack in the end.
  if (/(?:[[{]\s*){200}/.test(text)) throw refused('it is nested too deep');
  try {
    const document = parseDocument(text, { lineCounter: lines });
    const [problem] = document.errors;
    if (problem !== undefined) throw refused(problem.message.split('\n', 1)[0].replace(/:$/, ''));
    const value: unknown = document.toJS();
    return {
      value,
      placeOf: (path) => {
        const line = lineOf(document.contents, path);
        return line === undefined ? name : `${name}, line ${lines.linePos(line).line}`;
      },
    };
  } catch (error) {
    // From the package: the first of aliases that grow without end, the second of brackets within brackets.
    if (error instanceof ReferenceError) throw refused('it has too many aliases');
    if (error instanceof RangeError) throw refused('it is nested too deep');
    throw error;
  }
}

/** Where the key or entry at a path begins, in characters; of what holds it where there is none. */
function lineOf(node: unknown, [step, ...rest]: readonly (string | number)[]): number | undefined {
  const own = isNode(node) ? node.range?.[0] : undefined;
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    if (pair === undefined) return own;
    const at = isNode(pair.key) ? pair.key.range?.[0] : own;
    return rest.length === 0 ? at : (lineOf(pair.value, rest) ?? at);
  }
  if (isSeq(node) && typeof step === 'number' && step < node.items.length) return lineOf(node.items[step], rest) ?? own;
  return own;
}
