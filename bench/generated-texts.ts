/** Texts that are made up, with the frequencies of a language. */
import { createRandom, type Random } from '../backend/base/random';

/** So many words that nobody else has. */
function vocabulary(random: Random, size: number): string[] {
  const letters = 'etaoinshrdlucmfwypvbgkqjxz';
  return Array.from({ length: size }, () =>
    Array.from({ length: 2 + random.below(9) }, () => letters[Math.floor(26 * random.uniform() ** 2)]).join(''),
  );
}

/** A word by Zipf's law: the earlier ones far more often. */
const drawn = (words: readonly string[], random: Random): string =>
  words[Math.floor(words.length ** random.uniform()) - 1];

/** Writes one text after another, of so many characters at least. */
export function createWriter(random: Random, length: number, size = 20_000): () => string {
  const words = vocabulary(random, size);
  return () => {
    let text = '';
    while (text.length < length) text += `${drawn(words, random)} `;
    return text.trimEnd();
  };
}

/** JSONL of documents in three domains, from a few words to some hundred; every other word is one that all domains have. */
export function mixedTexts(documents: number, seed: number): string {
  const random = createRandom(seed);
  const common = vocabulary(random, 500);
  const own = Array.from({ length: 3 }, () => vocabulary(random, 3000));
  const lines = Array.from({ length: documents }, (_, i) => {
    const domain = i % own.length;
    const words = Math.round(20 * 20 ** random.uniform());
    const text = Array.from({ length: words }, () => drawn(random.uniform() < 0.5 ? common : own[domain], random));
    return JSON.stringify({ id: `doc-${i}`, text: `${text.join(' ')}.`, domain: `domain ${domain}` });
  });
  return `${lines.join('\n')}\n`;
}
