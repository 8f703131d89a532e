/** Words of a passage aimed at; real ones differ by half a sentence or so, because only sentence ends are cut. */
const PASSAGE_WORDS = 160;
/** How many words farther from the ideal place a cut may lie to fall between paragraphs. */
const PARAGRAPH_BONUS = 25;

export interface Sentence {
  readonly text: string;
  readonly words: number;
  /** What stands between it and the next: a space, or a line break at the end of a paragraph. */
  readonly separator: ' ' | '\n';
  readonly isHeading: boolean;
}

/** Cuts a text at sentence ends into passages of about 160 words, as equal as its sentences allow. */
export function cutPassages(sentences: readonly Sentence[]): string[] {
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

/** Not an end of a sentence: the full stop of an abbreviation or of an initial. */
const abbreviation = /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|Mr|Mrs|Dr|St|No|Sec|Art|[A-Z]|(?:[A-Z]\.)+[A-Z])\.$/;

/** The sentences of a plain text, of which each paragraph is a line. */
export function proseSentences(paragraphs: readonly string[]): Sentence[] {
  return paragraphs.flatMap((paragraph) => {
    const sentences: string[] = [];
    for (const piece of paragraph.split(/(?<=[.!?:;]["')\]]?)\s+(?=["'([]?[A-Z0-9])/)) {
      const last = sentences.at(-1);
      if (last !== undefined && abbreviation.test(last)) sentences[sentences.length - 1] = `${last} ${piece}`;
      else sentences.push(piece);
    }
    return sentences.map((text, i): Sentence => ({
      text,
      words: text.split(' ').length,
      separator: i === sentences.length - 1 ? '\n' : ' ',
      isHeading: false,
    }));
  });
}
