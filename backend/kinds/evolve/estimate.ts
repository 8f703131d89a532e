import { AskedTokens } from '../shared/asked-tokens';
import { settingsOfExperts } from '../shared/estimate';
import type { KindEstimate } from '../work-entry';
import { askedIn } from './asked';
import type { EvolveInputs } from './inputs';
import type { EvolveSpec } from './spec';

export const evolveEstimate: KindEstimate<EvolveSpec, EvolveInputs> = {
  byTasks: true,
  baseModel: (_, { experts }) => experts.model,
  add: async (work, { spec, inputs, lengths, config }) => {
    const { questions, most } = askedIn(spec, inputs);
    const { members, instruction } = inputs.council;
    const asked = new AskedTokens(inputs.questions, lengths, config);
    const each = members.map(({ role }) => asked.under([role, instruction], questions.length));
    const tokens = each.reduce((sum, own) => sum + own, 0) / members.length;
    await work.score(most * tokens, 1, { expert: settingsOfExperts(inputs.experts) }, tokens);
    // Candidates that were there before are not asked again, and a race ends early.
    work.mayEndEarlier();
    return questions.length;
  },
};
