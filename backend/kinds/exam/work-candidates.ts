/** Those who may be examined: each is asked, and what it made of the questions is marked. */
import type { Procedure } from '../../council/procedure';
import { procedureData } from '../../council/procedures/settings';
import type { KeptWeighting } from '../../engine/tasks/weighting';
import type { Entrant } from '../../evaluate/exam';
import type { ChoiceQuestion } from '../../evaluate/exam-choices';
import { isExpertSeat, type Seated } from '../shared/seats';

/** Of a question that is answered freely the choices are the accepted answers. */
export type Question = ChoiceQuestion & { readonly question: string };

/** One who sat the exam, whatever it stands there for. */
export type Sat = Omit<Entrant, 'role'>;

/** The experts of one set, and the chat models beside them, by one way to answer. */
export interface Candidates {
  /** A council by a procedure. */
  council(name: string, seated: Seated, procedure: Procedure, questions: readonly Question[]): Promise<Sat>;
  /** An expert by its position, without a role. */
  expert(name: string, index: number, questions: readonly Question[]): Promise<Sat>;
  /** A chat model of the council, without a role. */
  chat(name: string, chat: string, questions: readonly Question[]): Promise<Sat>;
  base(name: string, questions: readonly Question[]): Promise<Sat>;
  mixture(name: string, weighting: KeptWeighting | undefined, questions: readonly Question[]): Promise<Sat>;
  /** A bound: as right as the best of its members. */
  anyRight(name: string, seated: Seated, questions: readonly Question[]): Promise<Sat>;
  /** The position of the expert that answers these questions best by itself, the first on a tie. */
  bestExpert(questions: readonly Question[]): Promise<number>;
}

/** Questions put to one model for one answer: a chat model is not asked how probable the question is to it. */
export function callsOf({ seats }: Seated, { name, choosing }: Pick<Procedure, 'name' | 'choosing'>): number {
  const data = procedureData.find((one) => one.name === name);
  if (choosing === undefined) return (data?.calls(seats.length).written ?? 0) + seats.length;
  const experts = seats.filter(isExpertSeat).length;
  return (data?.choosing?.(experts) ?? experts) + seats.length - experts;
}
