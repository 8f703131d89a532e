/** Scores of councils: the mean of what experts among the members find, each after what it has read. */
import type { AnswerSettings, Passage, ScoreOptions } from '../answer/answerer';
import { canonicalJson } from '../base/canonical-json';
import { UserError } from '../base/errors';
import { readValues } from '../base/settings-schema';
import type { Prompt } from '../protocol/answers';
import { answerSettings } from '../protocol/settings';
import { Meeting } from './meeting';
import type { Procedure, Seats } from './procedure';

/** Whose word counts, how much, and after which prompt. */
export interface Judge {
  readonly member: number;
  readonly weight: number;
  readonly after?: Prompt | undefined;
}

/** Who judges what goes on from the prompt of a meeting; `meeting` is undefined for texts that stand alone. */
export type FindJudges = (seats: Seats, meeting: Meeting | undefined) => readonly Judge[] | Promise<readonly Judge[]>;

/** The score of a procedure of which these have the last word. */
export function judgedBy(judges: FindJudges): Required<Pick<Procedure, 'judges' | 'score'>> {
  return { judges, score: (seats, passages, options) => scoreByJudges(seats, passages, options, judges) };
}

/**
 * The weighted mean over the experts among its judges of the nats of each token of each passage. Judges are found once per prompt, so the
 * choices of one question are judged after the same conversation. What members write for it is the most probable text, of `spoken`
 * tokens at most. Throws UserError where only chat models judge.
 */
async function scoreByJudges(
  seats: Seats,
  passages: readonly Passage[],
  options: ScoreOptions,
  findJudges: FindJudges,
): Promise<Float64Array[]> {
  const signal = options.signal ?? new AbortController().signal;
  const scores = passages.map(() => new Float64Array());
  for (const { after, indices } of byPrompt(passages)) {
    const watch = { signal, onToken: () => undefined };
    const meeting = after === undefined ? undefined : new Meeting(seats, after, spoken, watch);
    for (const judge of expertsAmong(seats, await findJudges(seats, meeting))) {
      const asked = indices.map((i) => ({
        text: passages[i].text,
        ...(judge.after !== undefined && { after: judge.after }),
      }));
      const nats = await seats.members[judge.member].answerer.score(asked, options);
      for (const [at, i] of indices.entries()) {
        if (scores[i].length === 0) scores[i] = new Float64Array(nats[at].length);
        scores[i].forEach((before, t, sum) => (sum[t] = before + judge.weight * nats[at][t]));
      }
    }
  }
  return scores;
}

/** Those that tell likelihoods, with weights that sum to 1. */
function expertsAmong({ members }: Seats, judges: readonly Judge[]): Judge[] {
  const experts = judges.filter(({ member }) => members[member].chat === undefined);
  if (experts.length === judges.length) return experts;
  const sum = experts.reduce((total, { weight }) => total + weight, 0);
  if (sum > 0) return experts.map((judge) => ({ ...judge, weight: judge.weight / sum }));
  const message = 'A chat model has the last word in this council, and tells no likelihoods.';
  throw new UserError(message, 'Ask it for an answer, or let it vote.');
}

/** The prompts with the positions of the passages that go on from them. */
function byPrompt(
  passages: readonly Passage[],
): Iterable<{ readonly after: Prompt | undefined; readonly indices: number[] }> {
  const groups = new Map<string, { after: Prompt | undefined; indices: number[] }>();
  passages.forEach(({ after }, i) => {
    const key = canonicalJson(after);
    const group = groups.get(key) ?? { after, indices: [] };
    group.indices.push(i);
    groups.set(key, group);
  });
  return groups.values();
}

/** How members write where it is for others to judge by. */
export const spoken: AnswerSettings = {
  ...readValues(answerSettings, { maxTokens: 128, temperature: 0 }),
  ...{ stop: [], alternatives: 0, echo: false, shorten: true },
};

/** Everybody judges, after the plain prompt, by default with equal weights. */
export function allJudges(
  { members }: Seats,
  after: Prompt | undefined,
  weights: readonly number[] = members.map(() => 1 / members.length),
): Judge[] {
  return members.map((_, member) => ({ member, weight: weights[member], after }));
}

/** A procedure that begins with the prompt has nothing to say of a text that has none. */
export function afterPrompt(meeting: Meeting | undefined): Meeting {
  if (meeting !== undefined) return meeting;
  const message =
    'A text that stands alone gives the members of this council no prompt to begin with, so it has no score.';
  throw new UserError(message, 'Score it as what goes on from a prompt, or let the council vote.');
}
