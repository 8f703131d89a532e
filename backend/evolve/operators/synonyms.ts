/** Other words for those that stand in roles and instructions. */
import type { Random } from '../../base/random';

/** Each line holds what may stand for each other. */
const groups: readonly (readonly string[])[] = [
  ['expertise', 'field', 'subject', 'specialty'],
  ['You are asked', 'You are consulted', 'Others turn to you for'],
  ['what has to do with it', 'all that concerns it', 'questions about it'],
  ['You leave to others', 'Others know better', 'You do not judge'],
  ['Typical texts of it begin', 'Texts of it often begin', 'It sounds like this'],
  ['Work together', 'Collaborate', 'Act as a team'],
  ['share what you know', 'say what you know', 'tell the relevant facts'],
  ['question', 'problem', 'task'],
  ['answer', 'reply', 'solution'],
  ['carefully', 'step by step', 'with care'],
  ['correct', 'right', 'accurate'],
  ['short', 'brief', 'concise'],
  ['knowledge', 'understanding', 'learning'],
  ['build on', 'go on from', 'make use of'],
  ['know', 'understand'],
  ['read', 'consider', 'look at'],
  ['choose', 'select', 'pick'],
  ['best', 'most fitting', 'most likely'],
];

/** Each expression with what may stand for it. */
const expressions = groups.flatMap((group) =>
  group.map((words) => ({
    pattern: new RegExp(`(?<![\\p{L}\\p{N}])${words}(?![\\p{L}\\p{N}])`, 'u'),
    others: group.filter((other) => other !== words),
  })),
);

/** A phrase with one of its expressions in other words; the same where it has none that are known. */
export function otherWords(phrase: string, random: Random): string {
  const known = expressions.filter(({ pattern }) => pattern.test(phrase));
  if (known.length === 0) return phrase;
  const { pattern, others } = known[random.below(known.length)];
  return phrase.replace(pattern, others[random.below(others.length)]);
}
