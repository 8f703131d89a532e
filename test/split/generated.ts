import { createRandom } from '../../backend/base/random';

/** Texts of k topics, unequal in number: half of each text's words are of its topic, half of all. */
export function generatedTexts(k: number, perTopic: number, seed: number): { texts: string[]; gold: string[] } {
  const random = createRandom(seed);
  const drawn = Array.from({ length: k }, (_, topic) => Array<number>(perTopic * (1 + (topic % 3))).fill(topic)).flat();
  const topics = random.shuffle(drawn);
  // Squaring makes low numbers common and high ones rare, as words are.
  const word = (name: string): string => `${name}${letters(Math.floor(40 * random.uniform() ** 2))}`;
  const texts = topics.map((topic) =>
    Array.from({ length: 30 }, () => word(random.uniform() < 0.5 ? `topic${letters(topic)}` : 'shared')).join(' '),
  );
  return { texts, gold: topics.map((topic) => `topic${letters(topic)}`) };
}

function letters(number: number): string {
  return String.fromCharCode(97 + Math.floor(number / 26), 97 + (number % 26));
}
