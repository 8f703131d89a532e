import { createRandom } from '../../base/random';
import { brownTexts } from './brown';
import { cutPassages, proseSentences } from './passages';
import { countries, healthRecords, licences, nodeModules, type PlainText } from './plain-texts';
import type { SampleDomain, SampleText } from './sample-text';

/** Words of a passage at least and at most, so that its length tells nothing of its domain. */
const wordsOfPassage = [110, 220] as const;
/** Passages of one text at most, so that no text is a large part of its domain. */
const passagesOfText = 32;
/** A paragraph with fewer words says nothing by itself. */
const wordsOfParagraph = 8;
/** Words of a sequence by which copied text is known again, and the share of them at which a passage counts as copied. */
const [sequence, copied] = [5, 0.4];

/**
 * Six domains from five packages, of uneven size; health records are few. All passages are modern prose of like length,
 * without markup, and none repeats another of its domain for a good part.
 */
export const mixedDomains: readonly SampleDomain[] = [
  { domain: 'fiction', texts: () => shuffled(brownTexts('klmnpr')), passages: 1100 },
  { domain: 'press', texts: () => shuffled(brownTexts('ab')), passages: 800 },
  plain('geography', countries, 750),
  plain('software', nodeModules, 500),
  plain('licences', licences, 500),
  plain('health', healthRecords, 160),
];

function plain(domain: string, read: () => Promise<PlainText[]>, passages: number): SampleDomain {
  return { domain, texts: async () => distinct(createRandom(0).shuffle(await read()), passages), passages };
}

async function shuffled(texts: Promise<readonly SampleText[]>): Promise<SampleText[]> {
  return createRandom(0).shuffle(await texts);
}

/** The first texts with so many passages, without what came before. */
function distinct(texts: readonly PlainText[], enough: number): SampleText[] {
  const paragraphsSeen = new Set<string>();
  const sequencesSeen = new Set<string>();
  const result: SampleText[] = [];
  let count = 0;
  for (const { name, paragraphs } of texts) {
    if (count >= enough) break;
    const lines = paragraphs
      .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
      .filter((line) => line.split(' ').length >= wordsOfParagraph && !paragraphsSeen.has(line));
    for (const line of lines) paragraphsSeen.add(line);
    const passages = cutPassages(proseSentences([...new Set(lines)]))
      .filter((passage) => isProse(passage) && isNew(passage, sequencesSeen))
      .slice(0, passagesOfText);
    if (passages.length > 0) result.push({ name, passages });
    count += passages.length;
  }
  return result;
}

/** Of like length as the others, and English. */
function isProse(passage: string): boolean {
  const words = passage.toLowerCase().split(/\s+/);
  const [least, most] = wordsOfPassage;
  const common = words.filter((word) => /^(the|of|and|to|in|is|a|or)$/.test(word)).length;
  return words.length >= least && words.length <= most && common / words.length > 0.12;
}

/** Remembers the sequences of words of a passage; whether most of them are new. */
function isNew(passage: string, seen: Set<string>): boolean {
  const words = passage.toLowerCase().match(/[a-z0-9']+/g) ?? [];
  const sequences = words.slice(sequence - 1).map((_, i) => words.slice(i, i + sequence).join(' '));
  const known = sequences.filter((words) => seen.has(words)).length;
  for (const words of sequences) seen.add(words);
  return known < copied * sequences.length;
}
