import { writeFile } from 'node:fs/promises';
import { createRandom } from '../../backend/base/random';
import { vocabularies } from './corpus';

export interface Question {
  readonly question: string;
  readonly choices: readonly string[];
  readonly answer: number;
  readonly domain: string;
}

/** Words of a domain, then which one goes on from there: one of its own, or of the others. */
export function questionsOf(count: number): Question[] {
  const random = createRandom(5);
  const domains = Object.keys(vocabularies);
  return Array.from({ length: count }, (_, i) => {
    const domain = domains[i % domains.length];
    const pick = (of: string): string => vocabularies[of][random.below(vocabularies[of].length)];
    const words = Array.from({ length: 12 }, () => `the ${pick(domain)} and`);
    const order = random.shuffle(domains);
    return { question: words.join(' '), choices: order.map(pick), answer: order.indexOf(domain), domain };
  });
}

export const writeQuestions = (path: string, questions: readonly Question[]): Promise<void> =>
  writeFile(path, questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
