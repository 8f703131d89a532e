/** From what entrants made of questions to the rows of a table, with intervals over questions. */
import type { ExamRow } from '../protocol/exam';
import { pairedBootstrap } from './intervals';
import type { DocumentScore } from './statistics';

export interface ExamQuestion {
  readonly id: string;
  readonly domain?: string | undefined;
}

/** Who sat the exam; lists are in the order of the questions. */
export interface Entrant {
  readonly name: string;
  readonly role: ExamRow['role'];
  /** What each answer is worth, from 0 to 1. */
  readonly points: readonly number[];
  /** Whether it is the right one. */
  readonly right: readonly boolean[];
  /** Whether the question was read whole: one that is longer than the model reads loses its beginning. */
  readonly whole: readonly boolean[];
  /** How often chat models were asked and gave nothing usable. */
  readonly abstained: number;
  /** Per question. */
  readonly calls: number;
  readonly tokens: number;
  /** What is told of answers of its kind alone. */
  readonly beside: Pick<ExamRow, 'likelihood' | 'agreement' | 'consistency' | 'exact' | 'said'>;
}

/** Rows of all entrants; differences are those of the first one to each other. Throws RangeError for fewer than two questions. */
export function examRows(questions: readonly ExamQuestion[], entrants: readonly Entrant[]): ExamRow[] {
  const [first] = entrants;
  const lostByFirst = losses(questions, first);
  return entrants.map((entrant): ExamRow => {
    const { name, role, right, whole, abstained, calls, tokens, beside } = entrant;
    const lost = losses(questions, entrant);
    const { value, lo, hi } = turned(pairedBootstrap([lost], [lost.map((one) => ({ ...one, nll: 0 }))]), 1);
    return {
      name,
      role,
      accuracy: { value, lo: Math.max(0, lo), hi: Math.min(1, hi) },
      domains: domainsOf(questions, lost),
      coverage: mean(whole.map(Number)),
      ...beside,
      ...(abstained > 0 && { abstained }),
      calls,
      tokens,
      ...(entrant !== first && { difference: turned(pairedBootstrap([lostByFirst], [lost]), 0) }),
      right: right.map(Number).join(''),
    };
  });
}

/** Each question as a document of one token that costs what its answer is not worth: macro rates are then macro errors. */
function losses(questions: readonly ExamQuestion[], { points }: Entrant): DocumentScore[] {
  return questions.map(({ id, domain }, q) => ({ id, domain, nll: 1 - points[q], tokens: 1, bytes: 1 }));
}

/** A rate of errors as one of right answers: `whole` minus it. */
function turned(
  { deltaNats, lo, hi }: { deltaNats: number; lo: number; hi: number },
  whole: 0 | 1,
): ExamRow['accuracy'] {
  return { value: whole - deltaNats, lo: whole - hi, hi: whole - lo };
}

function domainsOf(questions: readonly ExamQuestion[], lost: readonly DocumentScore[]): ExamRow['domains'] {
  const names = [...new Set(questions.map(({ domain }) => domain ?? ''))].sort();
  return names.map((name) => {
    const own = lost.filter((_, q) => (questions[q].domain ?? '') === name);
    return { name, questions: own.length, accuracy: 1 - mean(own.map(({ nll }) => nll)) };
  });
}

/**
 * The smallest difference of accuracies that such an exam would find four times in five, from the width of an interval: it lies
 * 2.8 standard errors from none.
 */
export const smallestFound = ({ lo, hi }: { readonly lo: number; readonly hi: number }): number =>
  (2.8 * (hi - lo)) / (2 * 1.96);

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
