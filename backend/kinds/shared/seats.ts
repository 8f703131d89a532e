/** Councils as exams and evolution see them: who sits there, and what is made of what the members find. */
import { type Choosing, sharesOf } from '../../council/choosing';
import { largest } from '../../council/election';
import { type ChoiceQuestion, emptyQuestion } from '../../council/questions';
import type { ChoiceScale } from '../../council/settings';
import { UserError } from '../../base/errors';
import type { CouncilRecord, ExpertSetRecord } from '../../protocol/records';
import { type Asking, type Found, type Judge } from './asking';

/** A member: an expert by its position, and what it alone is told. */
export interface Seat {
  readonly index: number;
  readonly role: string;
}

export interface Seated {
  readonly seats: readonly Seat[];
  readonly instruction: string;
}

/** The members of a council among its experts; all experts without roles where there is none. */
export function seatedOf({ experts, name }: ExpertSetRecord, council: CouncilRecord | undefined): Seated {
  if (council === undefined) return { seats: experts.map((_, index) => ({ index, role: '' })), instruction: '' };
  const seats = council.members.map(({ letter, role }) => {
    const index = experts.findIndex((expert) => expert.letter === letter);
    if (index >= 0) return { index, role };
    throw new UserError(
      `${name} have no expert ${letter}, whom the council ${council.name} names.`,
      'Make the council anew.',
    );
  });
  return { seats, instruction: council.instruction };
}

export const judgeOf = ({ index, role }: Seat, instruction: string): Judge => ({
  kind: 'expert',
  index,
  role,
  instruction,
});

/** What one judge finds, with what choices are worth to it after an empty question where the scale asks for that. */
export async function findings(
  asking: Asking,
  judge: Judge,
  questions: readonly ChoiceQuestion[],
  scale: ChoiceScale,
  options?: Parameters<Asking['ask']>[2],
): Promise<Found[]> {
  const found = await asking.ask(judge, questions, options);
  if (scale !== 'calibrated') return found;
  const empty = questions.map(({ choices }) => ({ question: emptyQuestion, choices }));
  const priors = await asking.ask(judge, empty, options);
  return found.map((own, q) => ({ ...own, prior: priors[q].nats }));
}

/** What members made of questions: all by question. */
export interface Chosen {
  /** [choices], of which the largest is the answer. */
  readonly merits: readonly (readonly number[])[];
  /** [choices]: the share of each, summing to 1. */
  readonly together: readonly (readonly number[])[];
  /** [members] */
  readonly favourites: readonly (readonly number[])[];
  /** Whether all read the question whole. */
  readonly whole: readonly boolean[];
  /** Tokens that went through the model for one of them, on average; a role counts as often as it was read, once for some questions. */
  readonly tokens: number;
}

/** From what each member found, [members][questions], by a rule; `weights` is P(member | question), [questions][members]. */
export function chosen(
  found: readonly (readonly Found[])[],
  weights: readonly (readonly number[])[],
  { merits, together }: Choosing,
  scale: ChoiceScale,
): Chosen {
  const shares = found[0].map((_, q) => found.map((own) => sharesOf(own[q], scale)));
  return {
    merits: shares.map((own, q) => merits(own, weights[q])),
    together: shares.map((own, q) => together(own, weights[q])),
    favourites: shares.map((own) => own.map(largest)),
    whole: found[0].map((_, q) => found.every((own) => !own[q].cut)),
    tokens: found.reduce((sum, own) => sum + own.reduce((all, { read }) => all + read, 0), 0) / found[0].length,
  };
}

/** P(member | question) of the experts that sit there, [questions][members], from that of all experts. */
export function weightsOfSeats(posteriors: readonly (readonly number[])[], seats: readonly Seat[]): number[][] {
  return posteriors.map((own) => {
    const seated = seats.map(({ index }) => own[index]);
    const sum = seated.reduce((total, weight) => total + weight, 0);
    return seated.map((weight) => (sum > 0 ? weight / sum : 1 / seats.length));
  });
}
