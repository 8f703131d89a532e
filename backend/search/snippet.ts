import type { FoundDocument, Stretch } from '../protocol/find';
import type { Needle } from './query';
import { eachWord, wordAt } from './words';

/** Characters of a snippet, and of what stands before the first that was found. */
const LENGTH = 200;
const BEFORE = 50;
/** Finds in one text that are looked for: more than a snippet shows. */
const MOST_MATCHES = 100;

/** Where needles stand in a text, in their order; at most so many. */
export function matchesIn(text: string, needles: readonly Needle[], most = MOST_MATCHES): Stretch[] {
  const found: Stretch[] = [];
  if (needles.length === 0) return found;
  // Where the latest words began: a phrase ends with one of them.
  const longest = Math.max(...needles.map(({ words }) => words.length));
  const latest: { readonly word: string; readonly start: number }[] = [];
  eachWord(text, (units, length, start, end) => {
    latest.push({ word: wordAt(units, length), start });
    if (latest.length > longest) latest.shift();
    const ending = needles.filter((needle) => endsWith(latest, needle));
    if (ending.length === 0) return false;
    const from = Math.min(...ending.map(({ words }) => latest[latest.length - words.length].start));
    const last = found.at(-1);
    // Finds that lie over each other are one.
    if (last !== undefined && from < last.end) found[found.length - 1] = { start: Math.min(last.start, from), end };
    else found.push({ start: from, end });
    return found.length >= most;
  });
  return found;
}

function endsWith(latest: readonly { readonly word: string }[], { words, isBeginning }: Needle): boolean {
  const from = latest.length - words.length;
  return (
    from >= 0 &&
    words.every((word, i) =>
      isBeginning && i === words.length - 1 ? latest[from + i].word.startsWith(word) : latest[from + i].word === word,
    )
  );
}

/** The piece of a text around what was found first. */
export function snippetOf(text: string, matches: readonly Stretch[]): FoundDocument['snippet'] {
  const [first] = matches;
  const wanted = first === undefined ? 0 : Math.max(0, first.start - BEFORE);
  // From the beginning of a word, where one begins near.
  const space = wanted === 0 ? -1 : text.slice(wanted, first.start).search(/\s/u);
  const from = space < 0 ? wholeCharacter(text, wanted) : wanted + space + 1;
  const to = wholeCharacter(text, Math.min(text.length, from + LENGTH));
  let [line, at] = [from > 0 ? '…' : '', from];
  const append = (end: number): void => {
    const piece = text.slice(at, end).replaceAll(/\s+/gu, ' ');
    line += /(^|\s)$/u.test(line) ? piece.trimStart() : piece;
    at = end;
  };
  const marks: Stretch[] = [];
  for (const { start, end } of matches) {
    if (start >= to) break;
    append(start);
    const begin = line.length;
    append(Math.min(end, to));
    marks.push({ start: begin, end: line.length });
  }
  append(to);
  return { text: `${line.trimEnd()}${to < text.length ? '…' : ''}`, marks };
}

/** The same place, or one unit before where it would cut a character in two. */
function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit < 0xe000 ? at - 1 : at;
}
