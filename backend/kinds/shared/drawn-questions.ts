import type { Random } from '../../base/random';
import type { QuestionRecord } from '../../protocol/records';

/** Questions at most, as evenly over domains as these allow, in their own order. */
export function drawn(questions: readonly QuestionRecord[], most = Infinity, random: Random): QuestionRecord[] {
  if (questions.length <= most) return [...questions];
  const domains = new Map<string, QuestionRecord[]>();
  for (const question of random.shuffle(questions)) {
    const domain = question.domain ?? '';
    domains.set(domain, [...(domains.get(domain) ?? []), question]);
  }
  const taken: QuestionRecord[] = [];
  for (let round = 0; taken.length < most; round++) {
    for (const own of domains.values()) if (round < own.length && taken.length < most) taken.push(own[round]);
  }
  return taken.sort((a, b) => a.index - b.index);
}
