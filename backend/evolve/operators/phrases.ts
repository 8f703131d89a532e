/** Phrases of a text: what ends with a mark of punctuation, or with the text. */
export const phrasesOf = (text: string): string[] =>
  text
    .split(/(?<=[.;:,!?…]["”’)]?)\s+/u)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '');

/** A text of phrases, which ends as a sentence does. */
export function textOf(phrases: readonly string[]): string {
  const text = phrases.join(' ').trim();
  return text.replace(/[,;:]$/u, '.');
}
