import { createRandom } from '../../backend/base/random';

export const vocabularies: Readonly<Record<string, readonly string[]>> = {
  kitchen: 'flour butter oven bake sugar knead dough salt pepper stir boil onion garlic plate spoon taste'.split(' '),
  harbour: 'sail mast tide anchor rope wave captain crew storm deck harbour gull wind keel chart north'.split(' '),
  court: 'judge witness plea verdict counsel appeal statute jury oath clause sentence law trial bench fine'.split(' '),
};
const glue = 'the a of and to in was with that it on for as by'.split(' ');

/** JSONL of generated documents in three domains that share only their small words. */
export function generatedCorpus(documents: number, seed = 1): string {
  const random = createRandom(seed);
  const domains = Object.keys(vocabularies);
  const lines = Array.from({ length: documents }, (_, i) => {
    const domain = domains[i % domains.length];
    const pick = (words: readonly string[]): string => words[random.below(words.length)];
    const words = Array.from({ length: 40 }, () => pick(random.uniform() < 0.5 ? glue : vocabularies[domain]));
    return JSON.stringify({ id: `doc-${i}`, text: `${words.join(' ')}.`, domain });
  });
  return `${lines.join('\n')}\n`;
}
