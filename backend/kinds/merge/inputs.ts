import { z } from 'zod';
import { UserError } from '../../base/errors';
import { isThere } from '../../base/files';
import { formatNumber } from '../../base/format';
import { expertSetRecord } from '../../protocol/records';
import { gatherExperts, type KindInputs } from '../shared/inputs';
import { groundOf, isGguf, methodOf, modelfileOf } from './settings';
import type { MergeSpec } from './spec';

const schema = z.object({ experts: expertSetRecord });
export type MergeInputs = z.infer<typeof schema>;

/** Refused before the run begins: a folder that is there, experts that are not, and experts that the method cannot merge. */
export const mergeInputs: KindInputs<MergeSpec, MergeInputs> = {
  schema,
  gather: async (store, spec) => {
    const { experts: id, weights, path } = spec;
    for (const made of isGguf(path) ? [path, modelfileOf(path)] : [path]) {
      if (await isThere(made))
        throw new UserError(`${made} is there already.`, 'Choose another name, or move it away.');
    }
    const experts = await gatherExperts(store, id);
    const letters = experts.experts.map(({ letter }) => letter);
    const stranger = weights.find(({ letter }) => !letters.includes(letter));
    if (stranger !== undefined) {
      throw new UserError(`There is no expert ${stranger.letter} in ${id}.`, `Choose among ${letters.join(', ')}.`);
    }
    requireCount(spec);
    if (groundOf(spec) === 'factors') requireAdapters(spec, experts.experts);
    return { experts };
  },
};

function requireCount(spec: MergeSpec): void {
  const { experts = spec.weights.length } = methodOf(spec);
  const weights = spec.weights.map(({ weight }) => weight);
  if (weights.length !== experts) {
    throw new UserError(
      `{method} ${spec.method} takes ${formatNumber(experts, 'expert')}, and ${formatNumber(weights.length, 'was', 'were')} named (${spec.weights.map(({ letter }) => letter).join(', ')}).`,
      'Name as many, such as A B, or choose another method.',
    );
  }
  if (!methodOf(spec).takes.includes('t') || spec.t !== undefined) return;
  if (weights.every((weight) => weight >= 0) && weights.some((weight) => weight > 0)) return;
  throw new UserError('Weights that are negative, or all zero, tell no place between two experts.', 'Tell it: {t} 0.5');
}

/** Of what the records tell; what they do not tell is found when the experts are read. */
function requireAdapters(spec: MergeSpec, experts: MergeInputs['experts']['experts']): void {
  const chosen = experts.filter(({ letter }) => spec.weights.some((weight) => weight.letter === letter));
  const full = chosen.filter(({ adapter }) => adapter?.form === 'full').map(({ letter }) => letter);
  if (full.length > 0) throw noAdapters(full);
}

export function noAdapters(letters: readonly string[]): UserError {
  return new UserError(
    `${letters.join(', ')} ${letters.length === 1 ? 'has' : 'have'} all weights of ${letters.length === 1 ? 'its' : 'their'} own, and no factors of an adapter that could be combined.`,
    'Combine what experts change ({on} deltas, with another {method} than cat), or leave such experts out.',
  );
}
