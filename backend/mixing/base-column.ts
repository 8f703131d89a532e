/** The base model beside its experts, as one that has learned nothing: what a weighting reads it for, and the columns that come of it. */
import { AdapterStack } from '../model/adapters/adapter';
import type { ModelConfig } from '../model/architectures/config';
import { stackExperts } from '../model/experts/forms';
import type { ExpertStack } from '../model/experts/stack';

/**
 * Behind the experts the base model is weighed as they are, or only what they say beyond it is told more strongly, or its hidden states are
 * read in the place of each expert's own.
 */
export type BaseColumn = 'weighed' | 'contrasted' | 'probed';

interface Columns {
  /** Columns that are weighed. */
  readonly k: number;
  readonly base?: BaseColumn;
}

/** How many experts a weighting weighs. */
export const expertsOf = ({ k, base }: Columns): number => (base === 'weighed' ? k - 1 : k);

/** How many columns it reads. */
export const columnCount = ({ k, base }: Columns): number => (base === undefined || base === 'weighed' ? k : k + 1);

/** The one of so many columns whose hidden states are read for an expert: its own, or the base model's, which is the last. */
export const columnOfStates = ({ base }: Pick<Columns, 'base'>, expert: number, columns: number): number =>
  base === 'probed' ? columns - 1 : expert;

/** The base model as one that has learned nothing. */
export const baseColumn = (config: ModelConfig): ExpertStack => new AdapterStack(config, [], 1);

/** What reads texts for it: the experts, and the base model as the last of them where it takes part. */
export function columnsOf(stack: ExpertStack, { base }: Pick<Columns, 'base'>): ExpertStack {
  if (base === undefined) return stack;
  const experts = Array.from({ length: stack.count }, (_, e) => stack.part(e, 1));
  return stackExperts([...experts, baseColumn(stack.config)]);
}
