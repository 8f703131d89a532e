/** All weightings, with what they do. What each says of itself is in `weightings/settings.ts`. */
import { formatNumber } from '../base/format';
import { z } from 'zod';
import { UserError } from '../base/errors';
import type { ReadFile } from '../base/files';
import { expertsOf } from './base-column';
import { onlyTop } from './top';
import type { FittedWeighting, Weighting } from './weighting';
import { bestByValidation } from './weightings/best-by-validation/best-by-validation';
import { bestSingle } from './weightings/best-single/best-single';
import { centroid } from './weightings/centroid/centroid';
import { combined } from './weightings/combined/combined';
import { contrast } from './weightings/contrast/contrast';
import { posterior } from './weightings/posterior/posterior';
import { probe } from './weightings/probe/probe';
import { recent } from './weightings/recent/recent';
import { uniform } from './weightings/uniform/uniform';

export const weightings: readonly Weighting[] = [
  contrast,
  recent,
  combined,
  probe,
  posterior,
  bestSingle,
  bestByValidation,
  centroid,
  uniform,
];

/** Throws UserError where none has this name. */
export function weightingNamed(name: string, entries = weightings): Weighting {
  const found = entries.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name).join(', ');
  throw new UserError(`There is no weighting ${JSON.stringify(name)}.`, `Choose among ${names}.`);
}

/** Files of version 0.1.0 held probes alone, and no name. `top`: so many experts at most speak at a token. */
const named = z.looseObject({ weighting: z.string().default('probe'), top: z.int().positive().optional() });

/** What a weighting must fit: k experts whose hidden states have D numbers. */
export interface WeighedExperts {
  readonly k: number;
  readonly hiddenSize: number;
}

/**
 * A weighting from its form on disk, with the files that this names. Throws UserError where it is damaged, or was made for other
 * experts.
 */
export async function openWeighting(
  json: unknown,
  { k, hiddenSize }: WeighedExperts,
  read: ReadFile,
  entries = weightings,
): Promise<FittedWeighting> {
  const next = 'Train a mixer for these experts.';
  let weighting: FittedWeighting;
  try {
    const { weighting: name, top } = named.parse(json);
    const whole = await weightingNamed(name, entries).open(json, read);
    weighting = top === undefined ? whole : onlyTop(whole, top);
  } catch (error) {
    if (error instanceof z.ZodError) throw new UserError('The mixer is damaged.', next);
    throw error;
  }
  const { needs } = weighting;
  const made = expertsOf(weighting);
  if (made === k && (needs.hidden === undefined || needs.hidden.size === hiddenSize)) return weighting;
  throw new UserError(
    `The mixer was trained for ${formatNumber(made, 'expert')} of another kind, not for these ${k}.`,
    next,
  );
}
