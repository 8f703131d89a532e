/** Patterns of adapter files: Python's regular expressions, written by strangers. */
import { runInNewContext } from 'node:vm';
import { UserError } from '../../../base/errors';

/** Milliseconds for all patterns of a file over all layers of a model; sound ones take one or two. */
const patience = 1000;

// A pattern that backtracks without end would block the process for ever: only a script of its own can be timed out.
const script = `
  const { patterns, paths } = JSON.parse(given);
  const expressions = patterns.map((pattern) => new RegExp(pattern.source, pattern.flags));
  JSON.stringify(paths.map((path) => expressions.findIndex((expression) => expression.test(path))));
`;

/** For each path the place of the first pattern that matches it; −1 where none does. Throws UserError for one that cannot be used. */
export function firstMatches(patterns: readonly string[], paths: readonly string[]): number[] {
  if (patterns.length === 0) return paths.map(() => -1);
  const given = JSON.stringify({ patterns: patterns.map(fromPython), paths });
  try {
    return JSON.parse(String(runInNewContext(script, { given }, { timeout: patience }))) as number[];
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw new UserError(
      `The adapter's configuration has a pattern that cannot be used: ${reason}.`,
      'Write the names of the layers as a list in its adapter_config.json.',
    );
  }
}

/** Where Python and JavaScript write the same thing differently. Flags like `(?i)` hold for the whole of a pattern. */
function fromPython(pattern: string): { readonly source: string; readonly flags: string } {
  const flags = new Set<string>();
  const bare = pattern.replaceAll(/\\.|\(\?([aiLmsux]+)\)/gs, (part, letters?: string) => {
    if (letters === undefined) return part;
    for (const letter of letters) flags.add(letter);
    return '';
  });
  const source = (flags.has('x') ? withoutSpace(bare) : bare)
    .replaceAll('(?P<', '(?<')
    .replaceAll(/\(\?P=(\w+)\)/g, String.raw`\k<$1>`)
    .replaceAll(String.raw`\A`, '^')
    .replaceAll(String.raw`\Z`, '$');
  return { source, flags: ['i', 'm', 's'].filter((flag) => flags.has(flag)).join('') };
}

/** A verbose pattern without its white space and comments. */
function withoutSpace(pattern: string): string {
  return pattern.replaceAll(/\\.|\[[^\]]*\]|\s+|#[^\n]*/gs, (part) => (/^[\\[]/.test(part) ? part : ''));
}
