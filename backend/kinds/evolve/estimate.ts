import { settingsOfExperts } from '../shared/estimate';
import type { KindEstimate } from '../work-entry';
import { askedIn } from './asked';
import type { EvolveInputs } from './inputs';
import type { EvolveSpec } from './spec';

/** Tokens of a role with the instruction, before each question. */
const tokensBefore = 80;

export const evolveEstimate: KindEstimate<EvolveSpec, EvolveInputs> = {
  byTasks: true,
  baseModel: (_, { experts }) => experts.model,
  add: async (work, { spec, inputs, lengths }) => {
    const { questions, most } = askedIn(spec, inputs);
    const tokens = tokensBefore + lengths.mean(Infinity);
    await work.score(most * tokens, 1, { expert: settingsOfExperts(inputs.experts) }, tokens);
    // Candidates that were there before are not asked again, and a race ends early.
    work.mayEndEarlier();
    return questions.length;
  },
};
