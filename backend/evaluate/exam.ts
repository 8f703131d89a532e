/** From what entrants made of questions to the rows of a table, with intervals over questions. */
import { largest } from '../council/election';
import { fleissKappa, logShare } from '../evolve/fitness';
import type { ExamRow } from '../protocol/exam';
import { pairedBootstrap } from './intervals';
import type { DocumentScore } from './statistics';

export interface ExamQuestion {
  readonly id: string;
  readonly choices: readonly string[];
  readonly correct: number;
  readonly domain?: string | undefined;
}

/** Who sat the exam; lists are in the order of the questions. */
export interface Entrant {
  readonly name: string;
  readonly role: ExamRow['role'];
  /** [choices]: merits of the choices, the largest of which is the answer; none where there was no answer, which is wrong. */
  readonly merits: readonly (readonly number[])[];
  /** [choices]: the share of each, summing to 1. */
  readonly together: readonly (readonly number[])[];
  /** [members]: the choice of each that gave one, where several sat together. */
  readonly favourites?: readonly (readonly number[])[];
  /** The merits when questions were put in other words, where that was tried. */
  readonly reworded?: readonly (readonly number[])[];
  /** Whether the question was read whole: one that is longer than the model reads loses its beginning. */
  readonly whole: readonly boolean[];
  /** How often chat models were asked and gave nothing usable. */
  readonly abstained: number;
  /** Per question. */
  readonly calls: number;
  readonly tokens: number;
}

/** Rows of all entrants; differences are those of the first one to each other. Throws RangeError for fewer than two questions. */
export function examRows(questions: readonly ExamQuestion[], entrants: readonly Entrant[]): ExamRow[] {
  const [first] = entrants;
  const wrongOfFirst = wrongs(questions, first);
  return entrants.map((entrant): ExamRow => {
    const { name, role, merits, together, favourites, reworded, whole, abstained, calls, tokens } = entrant;
    const wrong = wrongs(questions, entrant);
    const { value, lo, hi } = turned(pairedBootstrap([wrong], [wrong.map((one) => ({ ...one, nll: 0 }))]), 1);
    const accuracy = { value, lo: Math.max(0, lo), hi: Math.min(1, hi) };
    const likelihood = mean(questions.map(({ correct }, q) => logShare({ shares: together[q], correct })));
    return {
      name,
      role,
      accuracy,
      domains: domainsOf(questions, wrong),
      likelihood: Math.exp(likelihood),
      coverage: mean(whole.map(Number)),
      ...(favourites && { agreement: fleissKappa(favourites.map((own) => ({ favourites: own }))) }),
      ...(reworded && { consistency: mean(merits.map((own, q) => Number(isSameAnswer(own, reworded[q])))) }),
      ...(abstained > 0 && { abstained }),
      calls,
      tokens,
      ...(entrant !== first && { difference: turned(pairedBootstrap([wrongOfFirst], [wrong]), 0) }),
      right: wrong.map(({ nll }) => 1 - nll).join(''),
    };
  });
}

const isSameAnswer = (one: readonly number[], other: readonly number[]): boolean =>
  one.length > 0 && other.length > 0 && largest(one) === largest(other);

/** Each question as a document of one token that costs 1 where it was answered wrong: macro rates are then macro errors. */
function wrongs(questions: readonly ExamQuestion[], { merits }: Entrant): DocumentScore[] {
  return questions.map(({ id, domain, correct }, q) => ({
    id,
    domain,
    nll: Number(merits[q].length === 0 || largest(merits[q]) !== correct),
    tokens: 1,
    bytes: 1,
  }));
}

/** A rate of errors as one of right answers: `whole` minus it. */
function turned(
  { deltaNats, lo, hi }: { deltaNats: number; lo: number; hi: number },
  whole: 0 | 1,
): ExamRow['accuracy'] {
  return { value: whole - deltaNats, lo: whole - hi, hi: whole - lo };
}

function domainsOf(questions: readonly ExamQuestion[], wrong: readonly DocumentScore[]): ExamRow['domains'] {
  const names = [...new Set(questions.map(({ domain }) => domain ?? ''))].sort();
  return names.map((name) => {
    const own = wrong.filter((_, q) => (questions[q].domain ?? '') === name);
    return { name, questions: own.length, accuracy: 1 - mean(own.map(({ nll }) => nll)) };
  });
}

/**
 * The smallest difference of accuracies that such an exam would find four times in five, from the width of an interval: it lies
 * 2.8 standard errors from none.
 */
export const smallestFound = ({ lo, hi }: { readonly lo: number; readonly hi: number }): number =>
  (2.8 * (hi - lo)) / (2 * 1.96);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
