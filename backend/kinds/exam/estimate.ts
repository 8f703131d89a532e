import { procedureData } from '../../council/procedures/settings';
import { settingsOfExperts } from '../shared/estimate';
import type { KindEstimate } from '../work-entry';
import type { ExamInputs } from './inputs';
import type { ExamSpec } from './spec';

/** Tokens that a member writes at most where its procedure lets it write. */
const writtenTokens = 128;
/** Rows of controls that ask every member: roles of others, empty ones, one expert in every seat, the mixture, all alone. */
const controlRounds = 5;

export const examEstimate: KindEstimate<ExamSpec, ExamInputs> = {
  byTasks: true,
  baseModel: (_, { experts }) => experts.model,
  add: async (work, { spec, inputs }) => {
    const own = inputs.questions.filter(({ part }) => part === spec.part).length;
    const questions = Math.min(own, spec.most ?? own);
    const k = inputs.experts.experts.length;
    const shape = { expert: settingsOfExperts(inputs.experts) };
    const councils = [inputs.council, ...(inputs.against === undefined ? [] : [inputs.against])];
    let [rounds, written] = [spec.bare === true ? 0 : controlRounds, 0];
    for (const council of councils) {
      for (const name of spec.procedures ?? [council?.procedure ?? procedureData[0].name]) {
        rounds++;
        const data = procedureData.find((one) => one.name === name);
        written += data?.choosing === undefined ? (data?.calls(k).written ?? 0) : 0;
      }
    }
    const again = spec.reword === true ? 2 : 1;
    for (let round = 0; round < rounds * again; round++) await work.read(questions, k, shape);
    // Written token by token, at a tenth of the pace of reading or less: told as tokens read ten times.
    await work.score(10 * written * questions * writtenTokens, 1, shape, writtenTokens);
    return questions;
  },
};
