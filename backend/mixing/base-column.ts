/** The base model beside its experts, as one that has learned nothing: what a weighting reads it for, and the columns that come of it. */
import { AdapterStack } from '../model/adapters/adapter';
import { stackExperts } from '../model/experts/forms';
import type { ExpertStack } from '../model/experts/stack';

/** Behind the experts the base model is weighed as they are, or only what they say beyond it is told more strongly. */
export type BaseColumn = 'weighed' | 'contrasted';

interface Columns {
  /** Columns that are weighed. */
  readonly k: number;
  readonly base?: BaseColumn;
}

/** How many experts a weighting weighs. */
export const expertsOf = ({ k, base }: Columns): number => (base === 'weighed' ? k - 1 : k);

/** How many columns it reads. */
export const columnCount = ({ k, base }: Columns): number => (base === 'contrasted' ? k + 1 : k);

/** What reads texts for it: the experts, and the base model as the last of them where it takes part. */
export function columnsOf(stack: ExpertStack, { base }: Pick<Columns, 'base'>): ExpertStack {
  if (base === undefined) return stack;
  const experts = Array.from({ length: stack.count }, (_, e) => stack.part(e, 1));
  return stackExperts([...experts, new AdapterStack(stack.config, [], 1)]);
}
