/**
 * What a word is to whoever looks for one: letters and digits that stand together, without regard to letter case and accents.
 * Scripts that put no spaces between words have a word per character, so that what is looked for is found wherever it stands.
 */

/** UTF-16 units of a word that count: what goes on longer (a key, an encoded picture) is told from others by its beginning. */
const LONGEST = 64;

/** What a UTF-16 unit is; 0 where nobody asked yet. */
const UNKNOWN = 0;
const BETWEEN = 1;
const LETTER = 2;
/** A letter or digit that lower case alone folds. */
const PLAIN = 3;
/** A word by itself. */
const UNSPACED = 4;
/** Goes on with a word, and begins none. */
const MARK = 5;
/** Half of a character. */
const SURROGATE = 6;

const letter = /[\p{L}\p{N}]/u;
const mark = /\p{M}/u;
// With what they share, such as the sign of a long vowel.
const unspaced = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;

/** Of each UTF-16 unit, as far as any was asked for. */
const kinds = new Uint8Array(2 ** 16);

function kindOf(character: string): number {
  if (/[0-9A-Za-z]/.test(character)) return PLAIN;
  if (mark.test(character)) return MARK;
  if (!letter.test(character)) return BETWEEN;
  return unspaced.test(character) ? UNSPACED : LETTER;
}

function kindAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (kinds[unit] === UNKNOWN) kinds[unit] = unit >= 0xd800 && unit < 0xe000 ? SURROGATE : kindOf(text[at]);
  const kind = kinds[unit];
  return kind === SURROGATE ? kindOf(String.fromCodePoint(text.codePointAt(at) ?? 0)) : kind;
}

const widthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/**
 * Called for each word: `units[0 … length)` are its UTF-16 units, folded, until the next word; it stands at `start` to `end` in the text. A
 * string for each would take longer than finding it. Gives true where it has seen enough.
 */
export type VisitWord = (units: Uint16Array, length: number, start: number, end: number) => boolean | void;

/** Room for a word as it is folded: one character may become eighteen. */
const room = new Uint16Array(18 * LONGEST);

/** Calls `visit` for each word of a text in its order, until that gives true. */
export function eachWord(text: string, visit: VisitWord): void {
  for (let at = 0; at < text.length;) {
    const start = at;
    let length = 0;
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (kinds[unit] !== PLAIN) break;
      if (length < LONGEST) room[length++] = unit < 0x41 || unit > 0x5a ? unit : unit + 0x20;
    }
    const isPlain = at > start && (at === text.length || kindAt(text, at) === BETWEEN);
    if (!isPlain) {
      at = endOfWord(text, start);
      if (at === start) {
        at += widthAt(text, at);
        continue;
      }
      const word = fold(text.slice(start, Math.min(at, start + LONGEST)));
      for (length = 0; length < word.length; length++) room[length] = word.charCodeAt(length);
    }
    if (visit(room, length, start, at) === true) return;
  }
}

/** The words of a text in their order, folded. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  eachWord(text, (units, length) => void words.push(wordAt(units, length)));
  return words;
}

/** The word that a visit was given. */
export const wordAt = (units: Uint16Array, length: number): string => String.fromCharCode(...units.subarray(0, length));

/** Where the word ends that begins here; here, where none does. */
function endOfWord(text: string, start: number): number {
  const first = kindAt(text, start);
  if (first === BETWEEN || first === MARK) return start;
  let at = start + widthAt(text, start);
  for (; at < text.length; at += widthAt(text, at)) {
    const kind = kindAt(text, at);
    if (kind === BETWEEN || kind === UNSPACED || (first === UNSPACED && kind !== MARK)) break;
  }
  return at;
}

/** Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic. Signs of other scripts tell words apart, as letters do. */
const ACCENTS = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]/g;
const LIGATURES: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ł: 'l',
  ı: 'i',
  ς: 'σ',
};

const FOLDED_MOST = 50_000;
const folded = new Map<string, string>();

/** A word as all its spellings are kept. */
function fold(word: string): string {
  const known = folded.get(word);
  if (known !== undefined) return known;
  const result = word
    .normalize('NFKD')
    .replaceAll(ACCENTS, '')
    .toLowerCase()
    .replaceAll(/[ßæœøđłıς]/g, (letter) => LIGATURES[letter])
    .normalize('NFC');
  if (folded.size >= FOLDED_MOST) folded.clear();
  folded.set(word, result);
  return result;
}
