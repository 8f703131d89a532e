/** Scores of councils: the mean of what members find, each after what it has read. */
import type { AnswerSettings, Passage, ScoreOptions } from '../answer/answerer';
import { canonicalJson } from '../base/canonical-json';
import { UserError } from '../base/errors';
import { readValues } from '../base/settings-schema';
import type { Prompt } from '../protocol/messages';
import { answerSettings } from '../protocol/settings';
import { Meeting } from './meeting';
import type { Seats } from './procedure';

/** Whose nats count, how much, and after which prompt. */
export interface Judge {
  readonly member: number;
  readonly weight: number;
  readonly after?: Prompt | undefined;
}

/** Who judges what goes on from a prompt; `meeting` is undefined for texts that stand alone. */
export type FindJudges = (meeting: Meeting | undefined) => readonly Judge[] | Promise<readonly Judge[]>;

/**
 * The weighted mean over its judges of the nats of each token of each passage. Judges are found once per prompt, so the choices of
 * one question are judged after the same conversation. What members write for it is the most probable text, of `spoken` tokens at most.
 */
export async function scoreByJudges(
  seats: Seats,
  passages: readonly Passage[],
  options: ScoreOptions,
  findJudges: FindJudges,
): Promise<Float64Array[]> {
  const signal = options.signal ?? new AbortController().signal;
  const scores = passages.map(() => new Float64Array());
  for (const { after, indices } of byPrompt(passages)) {
    const watch = { signal, onToken: () => undefined };
    const judges = await findJudges(after === undefined ? undefined : new Meeting(seats, after, spoken, watch));
    for (const judge of judges) {
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

const spoken: AnswerSettings = {
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
