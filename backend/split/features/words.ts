/** What every number becomes, as in c-BTM (Gururangan et al. 2023): which number it was says little about a pile. */
export const NUMBER = '#';

// Scripts that put no spaces between words: each character counts as a word.
const UNSPACED =
  '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}]';
const WORD = new RegExp(
  `${UNSPACED}|(?:(?!${UNSPACED})[\\p{L}\\p{M}])+(?:['’][\\p{L}\\p{M}]+)*|\\p{N}[\\p{N}\\p{L}]*(?:[.,]\\p{N}+)*`,
  'gu',
);

const GROWING = new RegExp(`(?:(?!${UNSPACED})[\\p{L}\\p{M}\\p{N}'’.,])*$`, 'u');

/** Of a text that still grows, how much of it holds words that have ended. */
export function lengthOfWholeWords(text: string): number {
  return text.search(GROWING);
}

/** The words of a text, in order: lower case, an apostrophe inside stays, whatever begins with a digit is `NUMBER`. */
export function wordsIn(text: string): string[] {
  const words = text.normalize('NFC').toLowerCase().match(WORD) ?? [];
  return words.map((word) => (/^\p{N}/u.test(word) ? NUMBER : word));
}
