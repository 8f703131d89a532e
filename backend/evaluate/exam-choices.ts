/** What an answer is worth that is one of several choices. */
import { largest } from '../council/election';
import { fleissKappa, logShare } from '../evolve/fitness';
import { type Entrant, type ExamQuestion, mean } from './exam';

export interface ChoiceQuestion extends ExamQuestion {
  readonly choices: readonly string[];
  readonly correct: number;
}

/** What somebody made of questions with choices; lists are in the order of the questions. */
export interface Choices {
  /** [choices]: merits of the choices, the largest of which is the answer; none where there was no answer, which is wrong. */
  readonly merits: readonly (readonly number[])[];
  /** [choices]: the share of each, summing to 1. */
  readonly together: readonly (readonly number[])[];
  /** [members]: the choice of each that gave one, where several sat together. */
  readonly favourites?: readonly (readonly number[])[];
  /** The merits when questions were put in other words, where that was tried. */
  readonly reworded?: readonly (readonly number[])[];
}

/** One point for the right choice. */
export function markChoices(
  questions: readonly ChoiceQuestion[],
  { merits, together, favourites, reworded }: Choices,
): Pick<Entrant, 'points' | 'right' | 'beside'> {
  const right = questions.map(({ correct }, q) => merits[q].length > 0 && largest(merits[q]) === correct);
  const likelihood = mean(questions.map(({ correct }, q) => logShare({ shares: together[q], correct })));
  return {
    points: right.map(Number),
    right,
    beside: {
      likelihood: Math.exp(likelihood),
      ...(favourites && { agreement: fleissKappa(favourites.map((own) => ({ favourites: own }))) }),
      ...(reworded && { consistency: mean(merits.map((own, q) => Number(isSameAnswer(own, reworded[q])))) }),
    },
  };
}

const isSameAnswer = (one: readonly number[], other: readonly number[]): boolean =>
  one.length > 0 && other.length > 0 && largest(one) === largest(other);
