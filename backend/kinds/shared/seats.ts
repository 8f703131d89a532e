/** Councils as exams and evolution see them: who sits there, and what is made of what the members find. */
import { type Choosing, chosenBy, sharesOf } from '../../council/choosing';
import { posteriorOfAll } from '../../council/election';
import type { Procedure } from '../../council/procedure';
import { procedureData } from '../../council/procedures/settings';
import { type ChoiceQuestion, emptyQuestion } from '../../council/questions';
import type { ChoiceScale } from '../../council/settings';
import { UserError } from '../../base/errors';
import type { CouncilRecord } from '../../protocol/councils';
import { chatsAmong } from '../../protocol/members';
import type { ExpertSetRecord } from '../../protocol/records';
import { type Asking, type Found, isChatty, type Judge } from './asking';

/** An expert by its position, and what it alone is told. */
interface ExpertSeat {
  readonly index: number;
  readonly role: string;
}
/** A chat model by its name. */
interface ChatSeat {
  readonly chat: string;
  readonly role: string;
}
/** A member. */
export type Seat = ExpertSeat | ChatSeat;

export const isExpertSeat = (seat: Seat): seat is ExpertSeat => 'index' in seat;

export interface Seated {
  readonly seats: readonly Seat[];
  readonly instruction: string;
}

/** The members of a council; all experts without roles where there is none. */
export function seatedOf({ experts, name }: ExpertSetRecord, council: CouncilRecord | undefined): Seated {
  if (council === undefined) return { seats: experts.map((_, index) => ({ index, role: '' })), instruction: '' };
  const seats = council.members.map((member): Seat => {
    const { role } = member;
    if ('chat' in member) return { chat: member.chat, role };
    const index = experts.findIndex((expert) => expert.letter === member.letter);
    if (index >= 0) return { index, role };
    throw new UserError(
      `${name} have no expert ${member.letter}, whom the council ${council.name} names.`,
      'Make the council anew.',
    );
  });
  return { seats, instruction: council.instruction };
}

/** Those of a council that have a part in a procedure. */
export function taking({ seats, instruction }: Seated, procedure: string): Seated {
  const data = procedureData.find(({ name }) => name === procedure);
  return { seats: data?.withoutChats === undefined ? seats : seats.filter(isExpertSeat), instruction };
}

/** A member alone as a judge. */
export function judgeOf(seat: Seat, instruction: string): Judge {
  const { role } = seat;
  return isExpertSeat(seat)
    ? { kind: 'expert', index: seat.index, role, instruction }
    : { kind: 'chat', chat: seat.chat, role, instruction };
}

/** All members as one judge, by a procedure in which they write before they choose. */
export function meetingOf({ seats, instruction }: Seated, { name: procedure }: Procedure, scale: ChoiceScale): Judge {
  const experts = seats.filter(isExpertSeat);
  if (experts.length === seats.length) return { kind: 'council', members: experts, instruction, procedure };
  return { kind: 'meeting', members: [...seats], instruction, procedure, scale };
}

/** What one judge finds, with what choices are worth to it after an empty question where the scale asks for that. */
export async function findings(
  asking: Asking,
  judge: Judge,
  questions: readonly ChoiceQuestion[],
  scale: ChoiceScale,
  options?: Parameters<Asking['ask']>[2],
): Promise<Found[]> {
  const found = await asking.ask(judge, questions, options);
  if (scale !== 'calibrated' || isChatty(judge)) return found;
  const empty = questions.map(({ choices }) => ({ question: emptyQuestion, choices }));
  const priors = await asking.ask(judge, empty, options);
  return found.map((own, q) => ({ ...own, ...priorOf(priors[q]) }));
}

const priorOf = (found: Found): { readonly prior?: readonly number[] } =>
  'nats' in found ? { prior: found.nats } : {};

/** What members made of questions: all by question. */
export interface Chosen {
  /** [choices], of which the largest is the answer; none where nobody gave one. */
  readonly merits: readonly (readonly number[])[];
  /** [choices]: the share of each, summing to 1. */
  readonly together: readonly (readonly number[])[];
  /** [members that gave a choice] */
  readonly favourites: readonly (readonly number[])[];
  /** Whether all read the question whole. */
  readonly whole: readonly boolean[];
  /** How often chat models were asked for these and gave nothing usable, in all questions together. */
  readonly abstained: number;
  /** Tokens that went through models for one of them, on average; a role counts as often as it was read, once for some questions. */
  readonly tokens: number;
}

/** From what each member found, [members][questions], by a rule; `weights` is P(member | question), [questions][members]. */
export function chosen(
  found: readonly (readonly Found[])[],
  weights: readonly (readonly number[])[],
  choosing: Choosing,
  scale: ChoiceScale,
  questions: readonly ChoiceQuestion[],
): Chosen {
  const shares = questions.map((_, q) => found.map((own) => sharesOf(own[q], scale)));
  const all = shares.map((own, q) => chosenBy(choosing, own, weights[q]));
  return {
    merits: all.map((own) => own?.merits ?? []),
    together: all.map((own, q) => own?.together ?? questions[q].choices.map((_, __, { length }) => 1 / length)),
    favourites: all.map((own) => own?.favourites ?? []),
    whole: questions.map((_, q) => found.every((own) => !own[q].cut)),
    abstained: sumOf(found, ({ abstained = 0 }) => abstained),
    tokens: sumOf(found, ({ read }) => read) / questions.length,
  };
}

const sumOf = (found: readonly (readonly Found[])[], figure: (found: Found) => number): number =>
  found.flat().reduce((sum, own) => sum + figure(own), 0);

/** P(member | question), [questions][members], from that of all experts; a chat model has an equal share. */
export function weightsOfSeats(posteriors: readonly (readonly number[])[], seats: readonly Seat[]): number[][] {
  const isExpert = seats.map(isExpertSeat);
  return posteriors.map((own) =>
    posteriorOfAll(
      seats.filter(isExpertSeat).map(({ index }) => own[index]),
      isExpert,
    ),
  );
}

/** The chat models of some councils, by their names. */
export const chatsOf = (councils: readonly (CouncilRecord | undefined)[]): string[] =>
  councils.flatMap((council) => chatsAmong(council?.members ?? []));
