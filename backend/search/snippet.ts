import type { FoundDocument, Stretch } from '../protocol/find';
import type { Needle } from './query';
import { eachWord, wordAt } from './words';

/** Characters of a snippet, and of what stands before the first that was found. */
const LENGTH = 200;
const BEFORE = 50;
/** Finds in one text that are looked for: more than a snippet shows. */
const MOST_MATCHES = 100;

/** Where something that is looked for stands in a text, and which of the needles it is. */
export interface Match extends Stretch {
  readonly needles: ReadonlySet<number>;
}

/** Where needles stand in a text, in their order; at most so many. */
export function matchesIn(text: string, needles: readonly Needle[], most = MOST_MATCHES): Match[] {
  const found: Match[] = [];
  if (needles.length === 0) return found;
  // Where the latest words began: a phrase ends with one of them.
  const longest = Math.max(...needles.map(({ words }) => words.length));
  const latest: { readonly word: string; readonly start: number }[] = [];
  eachWord(text, (units, length, start, end) => {
    latest.push({ word: wordAt(units, length), start });
    if (latest.length > longest) latest.shift();
    const ending = [...needles.keys()].filter((i) => endsWith(latest, needles[i]));
    if (ending.length === 0) return false;
    const from = Math.min(...ending.map((i) => latest[latest.length - needles[i].words.length].start));
    const last = found.at(-1);
    // Finds that lie over each other are one.
    if (last !== undefined && from < last.end) {
      const all = new Set([...last.needles, ...ending]);
      found[found.length - 1] = { start: Math.min(last.start, from), end, needles: all };
    } else found.push({ start: from, end, needles: new Set(ending) });
    return found.length >= most;
  });
  return found;
}

/** The first match of the part of a text, as long as a snippet, that has the most of what is looked for. */
export function bestMatch<M extends Match>(matches: readonly M[]): M | undefined {
  let [best, most] = [matches.at(0), 0];
  matches.forEach((match, i) => {
    const near = matches.slice(i).filter(({ end }) => end <= match.start + LENGTH - BEFORE);
    const different = new Set(near.flatMap(({ needles }) => [...needles])).size;
    if (different > most) [best, most] = [match, different];
  });
  return best;
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

/** The piece of a text where the most was found. */
export function snippetOf(text: string, matches: readonly Match[]): FoundDocument['snippet'] {
  const first = bestMatch(matches);
  const wanted = first === undefined ? 0 : Math.max(0, first.start - BEFORE);
  // From the beginning of a word, where one begins near.
  const space = wanted === 0 ? -1 : text.slice(wanted, first?.start).search(/\s/u);
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
    if (start < from) continue;
    if (start >= to) break;
    append(start);
    const begin = line.length;
    append(Math.min(end, to));
    marks.push({ start: begin, end: line.length });
  }
  append(to);
  return { text: `${line.trimEnd()}${to < text.length ? '…' : ''}`, marks };
}

/** A snippet from so many characters at most before what was found first: where a line has room for few. */
export function nearFind({ text, marks }: FoundDocument['snippet'], before: number): FoundDocument['snippet'] {
  const first = marks.at(0)?.start ?? 0;
  if (first <= before) return { text, marks };
  const space = text.indexOf(' ', first - before);
  const from = space >= 0 && space < first ? space + 1 : first;
  const moved = marks.map(({ start, end }) => ({ start: start - from + 1, end: end - from + 1 }));
  return { text: `…${text.slice(from)}`, marks: moved };
}

/** The same place, or one unit before where it would cut a character in two. */
function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit < 0xe000 ? at - 1 : at;
}
