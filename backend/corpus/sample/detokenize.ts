/**
 * Turns the tagged lines of the Brown corpus (ICAME edition: `The/at jury/nn said/vbd ,/, ``/`` No/rb ''/'' ./.`) back into
 * the running text they were made from.
 */

/** Stand for a formula or a symbol that the corpus left out. */
const LOST = new Set(['Af', 'Aj', '**b']);

/** Codes for characters that 1960s punched cards did not have. */
const GREEK: Readonly<Record<string, string>> = {
  ya: 'α',
  yb: 'β',
  yc: 'χ',
  ye: 'ε',
  yf: 'φ',
  yg: 'γ',
  yj: 'ψ',
  yl: 'λ',
  ym: 'μ',
  yp: 'π',
  yr: 'ρ',
  yt: 'τ',
  zg: 'Γ',
  zq: 'Ω',
};

const MARKS = new Set(['.', ',', ';', ':', '?', '!']);

/** A line of the corpus. */
export interface TaggedLine {
  readonly words: readonly string[];
  /** All of its words carry the tag of headlines. */
  readonly isHeading: boolean;
  /** It misses a formula, so its text is not what the author wrote. */
  readonly isDamaged: boolean;
}

export function parseTaggedLine(line: string): TaggedLine {
  const tokens = line.trim().split(/\s+/);
  // The last slash parts word and tag: words hold slashes too (`and/or/cc`, `//in`).
  const cuts = tokens.map((token) => token.lastIndexOf('/'));
  const words = tokens.map((token, i) => token.slice(0, cuts[i]));
  const tags = tokens.map((token, i) => token.slice(cuts[i] + 1));
  return {
    words,
    isHeading: tags.every((tag) => tag.endsWith('-hl')),
    isDamaged: words.some((word) => LOST.has(word)),
  };
}

/** The line belongs to the sentence before it, whatever that ends with: `( All right ? ?` and on the next line `)`. */
export function closesSentence(line: TaggedLine): boolean {
  const [first] = line.words;
  return MARKS.has(first) || first === ')' || first === ']' || first === "''";
}

/** The text of one sentence whose single quotes are paired. */
export function detokenize(words: readonly string[]): string {
  let text = '';
  let glued = true;
  for (const word of withoutRepeatedMarks(marksBeforeQuotes(words))) {
    const isJoint = /^[-/]$/.test(word);
    const hugsLeft = isJoint || /^([.,;:?!)\]]|''|\u2019)$/.test(word);
    text += (glued || hugsLeft ? '' : ' ') + spell(word);
    glued = isJoint || /^([([]|``|\u2018)$/.test(word);
  }
  // A colon between two numbers is a ratio.
  return text.replace(/(\d): (?=\d)/g, '$1:');
}

/**
 * Both single quotes are coded `'`, opening and closing by turns: makes them ‘ and ’ for `detokenize`, which writes them
 * straight again. `sentences` must be a whole paragraph.
 */
export function pairSingleQuotes(sentences: readonly (readonly string[])[]): string[][] {
  let isOpen = false;
  return sentences.map((words) =>
    words.map((word) => {
      if (word !== "'") return word;
      isOpen = !isOpen;
      return isOpen ? '\u2018' : '\u2019';
    }),
  );
}

/** The corpus moved the mark out of the quotation (`No '' .`); American print has it inside (`No."`). */
function marksBeforeQuotes(words: readonly string[]): string[] {
  const result = [...words];
  for (let i = 1; i < result.length; i++) {
    if (!/^[.,?!]$/.test(result[i])) continue;
    for (let j = i; j > 0 && /^(''|\u2019)$/.test(result[j - 1]); j--) {
      [result[j - 1], result[j]] = [result[j], result[j - 1]];
    }
  }
  return result;
}

/** The corpus writes `? ?`, `! !` and `; ;` for one mark, and a full stop after an abbreviation's own. */
function withoutRepeatedMarks(words: readonly string[]): string[] {
  return words.filter((word, i) => !(i > 0 && MARKS.has(word) && words[i - 1].endsWith(word)));
}

function spell(word: string): string {
  if (/^[\w.,-]*$/.test(word)) return word;
  return word
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/``|''/g, '"')
    .replace(/\*\*([yz][a-z])/g, (code, letter: string) => GREEK[letter] ?? code)
    .replace(/\*&?0/g, '°')
    .replace(/\{(.*?)\}/g, '($1)');
}
