import type { GuideLimits } from './guide';

/** What several guides may take together. */
export class Budget {
  queries = 0;
  tokens = 0;

  constructor(readonly most: GuideLimits) {}

  /** Throws BudgetSpentError where one more query does not fit. */
  take(): void {
    if (this.queries >= this.most.queries || this.tokens >= this.most.tokens) throw new BudgetSpentError();
    this.queries++;
  }
}

export class BudgetSpentError extends Error {
  override readonly name = 'BudgetSpentError';
}
