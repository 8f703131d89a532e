import type { AddedToken } from './definition';

/** A stretch of normalized text, or an added token that was found between two. */
export type Section = { readonly text: string; readonly first: boolean } | { readonly token: number };

interface Found {
  readonly from: number;
  readonly to: number;
  readonly token: number;
}

/** Finds added tokens in texts: the leftmost first, and of several that begin there the longest. */
export class AddedTokens {
  private readonly exact: Finder;
  private readonly normalized: Finder;

  constructor(
    tokens: readonly AddedToken[],
    private readonly normalize: (text: string) => string,
  ) {
    const inNormalized = ({ normalized, special }: AddedToken): boolean => normalized ?? !special;
    this.exact = new Finder(tokens.filter((token) => !inNormalized(token)).map((token) => [token.content, token]));
    this.normalized = new Finder(tokens.filter(inNormalized).map((token) => [normalize(token.content), token]));
  }

  /** Cuts a text where added tokens stand. Without `controls`, the names of special tokens are text like any other. */
  split(text: string, controls: boolean): Section[] {
    return this.exact.cut(text, controls).flatMap((section): Section[] => {
      if ('token' in section) return [section];
      const normal = this.normalize(section.text);
      return this.normalized.cut(normal, controls).map((part) => {
        return 'token' in part ? part : { text: part.text, first: part.first && section.first };
      });
    });
  }
}

class Finder {
  private readonly tokens: ReadonlyMap<string, AddedToken>;
  private readonly pattern: RegExp | undefined;

  constructor(named: readonly (readonly [string, AddedToken])[]) {
    this.tokens = new Map(named);
    const names = [...this.tokens.keys()].sort((a, b) => b.length - a.length);
    if (names.length > 0) this.pattern = new RegExp(names.map(escaped).join('|'), 'gu');
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

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&');
}
