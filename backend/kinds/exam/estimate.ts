import { AskedTokens } from '../shared/asked-tokens';
import { settingsOfExperts } from '../shared/estimate';
import type { KindEstimate } from '../work-entry';
import type { ExamInputs } from './inputs';
import { proceduresOf } from './plan';
import type { ExamSpec } from './spec';
import { membersAsked } from './work-asked';
import { epochsOf, tuning } from './work-tuned';

/** Tokens that a member writes at most where its procedure lets it write. */
const writtenTokens = 128;

export const examEstimate: KindEstimate<ExamSpec, ExamInputs> = {
  byTasks: true,
  baseModel: (_, { experts }) => experts.model,
  add: async (work, { spec, inputs, lengths, config }) => {
    const own = inputs.questions.filter(({ part }) => part === spec.part).length;
    const questions = Math.min(own, spec.most ?? own);
    const again = spec.reword === true ? 2 : 1;
    const k = inputs.experts.experts.length;
    const shape = { expert: settingsOfExperts(inputs.experts) };
    const tokens = new AskedTokens(inputs.questions, lengths, config);
    const read = membersAsked(spec, inputs, questions).reduce(
      (sum, asked) => sum + asked.questions * tokens.under(asked.told, asked.questions),
      0,
    );
    await work.score(read, 1, shape, tokens.under([], questions));
    const councils = [inputs.council, ...(inputs.against === undefined ? [] : [inputs.against])];
    const procedures = councils.flatMap((council) => proceduresOf(spec, council));
    // Who is believed how much, by the words of each question.
    if (procedures.some(({ choosing }) => choosing !== undefined && choosing(k) > k))
      await work.score(questions * k * tokens.question, k, shape, tokens.question);
    if (spec.bare !== true)
      await work.score(again * questions * k * tokens.choiceByChoice, k, shape, tokens.choiceByChoice);
    const written = procedures.reduce(
      (sum, { choosing, calls }) => sum + (choosing === undefined ? calls(k).written : 0),
      0,
    );
    // Written token by token, at a tenth of the pace of reading or less: told as tokens read ten times.
    await work.score(10 * again * written * questions * writtenTokens, 1, shape, writtenTokens);
    if (inputs.tuned !== undefined) {
      const learned = inputs.questions.filter(({ part }) => part === 'heldout').length;
      const context = Math.ceil(tokens.longest(Math.min(tuning.context, config.maxPositions)));
      await work.train(epochsOf(spec) * learned * context, {
        k: 1,
        expert: settingsOfExperts(inputs.tuned),
        rows: tuning.rows,
        context,
      });
    }
    return questions;
  },
};
