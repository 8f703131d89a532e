/** Who asks questions of candidates, within a budget of calls. */
import { UserError } from '../base/errors';
import { formatNumber } from '../base/format';
import type { Components, Mark } from './candidate';

/** A question that is put to one member is a call. What is known already costs none. */
export interface Examiner {
  /** Questions that there are, by their positions from 0. */
  readonly questions: number;
  /** Throws BudgetSpentError before it would take more calls than are left, and the signal's reason when it is aborted. */
  examine(components: Components, questions: readonly number[]): Promise<Mark[]>;
}

/** The calls that were allowed are spent: evolution ends with what it found. */
export class BudgetSpentError extends Error {
  override readonly name = 'BudgetSpentError';
}

/** Counts calls against what was allowed. */
export class CallBudget {
  spent = 0;

  constructor(readonly most: number) {}

  /** Throws BudgetSpentError where so many are not left, and then counts none. */
  take(calls: number): void {
    if (this.spent + calls > this.most) throw new BudgetSpentError('the budget of calls is spent');
    this.spent += calls;
  }
}

/** Throws UserError where a budget does not reach for the first candidate. */
export function requireBudget(most: number, first: number): void {
  if (most >= first) return;
  throw new UserError(
    `To ask the council as it is takes ${formatNumber(first, 'call')}, and the budget is ${formatNumber(most, 'call')}.`,
    'Raise {budget}, or ask fewer questions ({most}).',
  );
}
