/** What an answer is worth that was written freely: as of SQuAD (Rajpurkar et al. 2016, 1606.05250). */
import { type Entrant, mean } from './exam';

/** Characters of a reply that are kept. */
const longestKept = 500;

/**
 * F1 of the words of each reply and those of the accepted answer that it is nearest to; right is a reply with all of these words in
 * their order. `answers` is [questions][accepted], `reworded` what was written when questions were put in other words.
 */
export function markReplies(
  answers: readonly (readonly string[])[],
  replies: readonly string[],
  reworded?: readonly string[],
): Pick<Entrant, 'points' | 'right' | 'beside'> {
  const right = replies.map((reply, q) => answers[q].some((answer) => isSame(reply, answer)));
  return {
    points: replies.map((reply, q) => Math.max(...answers[q].map((answer) => overlap(reply, answer)))),
    right,
    beside: {
      exact: mean(right.map(Number)),
      ...(reworded && { consistency: mean(replies.map((reply, q) => Number(isSame(reply, reworded[q])))) }),
      said: replies.map((reply) => reply.trim().slice(0, longestKept)),
    },
  };
}

function isSame(one: string, other: string): boolean {
  const own = wordsOf(one);
  return own.length > 0 && own.join(' ') === wordsOf(other).join(' ');
}

/** F1 of the words of two texts, each counted as often as it comes; 0 where one has none. */
export function overlap(one: string, other: string): number {
  const [own, others] = [wordsOf(one), wordsOf(other)];
  if (own.length === 0 || others.length === 0) return 0;
  const left = new Map<string, number>();
  for (const word of others) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of own) {
    const count = left.get(word) ?? 0;
    if (count > 0) common++;
    left.set(word, count - 1);
  }
  return (2 * common) / (own.length + others.length);
}

/** Words without letter case, punctuation and English articles, and without what a model thought aloud; each sign of Chinese and Japanese is one. */
function wordsOf(text: string): string[] {
  const said = text
    .replace(/<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/gi, ' ')
    .normalize('NFKC')
    .toLowerCase();
  const plain = said.replaceAll(/(?<!\d)\.|\.(?!\d)|(?<![\d\s]|^)-|-(?!\d)|[^\P{P}.-]/gu, '');
  const words =
    plain.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[^\s\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]+/gu) ?? [];
  const own = words.filter((word) => !articles.has(word));
  return own.length > 0 ? own : [...words];
}

const articles = new Set(['a', 'an', 'the']);
