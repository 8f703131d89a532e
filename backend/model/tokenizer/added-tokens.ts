import type { AddedToken } from './definition';

/** A stretch of normalized text, or an added token that was found between two. */
export type Section = { readonly text: string; readonly first: boolean } | { readonly token: number };

interface Found {
  readonly from: number;
  readonly to: number;
  readonly token: number;
}

// A code point that Unicode keeps for such uses within a program.
const quotation = '\uFDD0';

/** Finds added tokens in texts: the leftmost first, and of several that begin there the longest. */
export class AddedTokens {
  private readonly exact: Finder;
  private readonly normalized: Finder;
  private readonly special: RegExp | undefined;

  constructor(
    tokens: readonly AddedToken[],
    private readonly normalize: (text: string) => string,
  ) {
    const inNormalized = ({ normalized, special }: AddedToken): boolean => normalized ?? !special;
    this.exact = new Finder(tokens.filter((token) => !inNormalized(token)).map((token) => [token.content, token]));
    this.normalized = new Finder(tokens.filter(inNormalized).map((token) => [normalize(token.content), token]));
    this.special = anyOf(tokens.filter(({ special }) => special).map(({ content }) => content));
  }

  /**
   * Cuts a text where added tokens stand. The names of special tokens are text like any other without `controls`, and where
   * they are quoted.
   */
  split(text: string, controls: boolean): Section[] {
    const unquoted = (quoted: string): string => (controls ? quoted.replaceAll(quotation, '') : quoted);
    return this.exact.cut(text, controls).flatMap((section): Section[] => {
      if ('token' in section) return [section];
      return this.normalized.cut(this.normalize(section.text), controls).map((part) => {
        return 'token' in part ? part : { text: unquoted(part.text), first: part.first && section.first };
      });
    });
  }

  /** The text with marks within the names of special tokens, by which `split` knows that they stand for themselves. */
  quote(text: string): string {
    const unmarked = text.replaceAll(quotation, '');
    if (this.special === undefined) return unmarked;
    return unmarked.replaceAll(this.special, (name) => Array.from(name, (letter) => letter + quotation).join(''));
  }
}

class Finder {
  private readonly tokens: ReadonlyMap<string, AddedToken>;
  private readonly pattern: RegExp | undefined;

  constructor(named: readonly (readonly [string, AddedToken])[]) {
    this.tokens = new Map(named);
    this.pattern = anyOf([...this.tokens.keys()]);
  }

  cut(text: string, controls: boolean): Section[] {
    const sections: Section[] = [];
    let from = 0;
    const add = (to: number): void => {
      if (to > from) sections.push({ text: text.slice(from, to), first: from === 0 });
    };
    for (const found of this.find(text, controls)) {
      add(found.from);
      sections.push({ token: found.token });
      from = found.to;
    }
    add(text.length);
    return sections;
  }

  private *find(text: string, controls: boolean): Generator<Found> {
    if (this.pattern === undefined) return;
    let end = 0;
    for (const { 0: name, index } of text.matchAll(this.pattern)) {
      const token = this.tokens.get(name);
      if (token === undefined || (token.special && !controls)) continue;
      let from = index;
      let to = index + name.length;
      if (token.single_word && (endsInWord.test(text.slice(0, from)) || beginsWithWord.test(text.slice(to)))) continue;
      if (token.lstrip) from -= spaceAtEnd(text.slice(end, from));
      if (token.rstrip) to += spaceAtStart(text.slice(to));
      // The white space that the one before took along may have been part of this one.
      if (from < end) continue;
      yield { from, to, token: token.id };
      end = to;
    }
  }
}

const word = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]';
const endsInWord = new RegExp(`${word}$`, 'u');
const beginsWithWord = new RegExp(`^${word}`, 'u');

function spaceAtEnd(text: string): number {
  let length = 0;
  while (length < text.length && /\p{White_Space}/u.test(text[text.length - length - 1])) length++;
  return length;
}

function spaceAtStart(text: string): number {
  return /^\p{White_Space}*/u.exec(text)?.[0].length ?? 0;
}

/** Matches any of the names, the longest first; undefined for none. */
function anyOf(names: readonly string[]): RegExp | undefined {
  if (names.length === 0) return undefined;
  const longestFirst = [...names].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&'));
  return new RegExp(escaped.join('|'), 'gu');
}
