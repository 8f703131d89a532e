import { AskedTokens } from '../shared/asked-tokens';
import { settingsOfExperts } from '../shared/estimate';
import type { KindEstimate } from '../work-entry';
import type { Answers, ExamInputs } from './inputs';
import { proceduresOf } from './plan';
import { type ExamSpec, usualReplyTokens } from './spec';
import { answersWritten, membersAsked } from './work-asked';
import { epochsOf, tuning } from './work-tuned';

/** Tokens that a member writes at most where its procedure lets it write. */
const writtenTokens = 128;

type Work = Parameters<KindEstimate<ExamSpec, ExamInputs>['add']>[0];
type Given = Parameters<KindEstimate<ExamSpec, ExamInputs>['add']>[1];

export const examEstimate: KindEstimate<ExamSpec, ExamInputs> = {
  byTasks: true,
  baseModel: (_, { experts }) => experts.model,
  add: async (work, given) => {
    const { spec, inputs, lengths, config } = given;
    const own = inputs.questions.filter(({ part }) => part === spec.part).length;
    const questions = Math.min(own, spec.most ?? own);
    const tokens = new AskedTokens(inputs.questions, lengths, config);
    await adders[inputs.answers](work, given, questions, tokens);
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

type Adder = (work: Work, given: Given, questions: number, tokens: AskedTokens) => Promise<void>;

const adders: Readonly<Record<Answers, Adder>> = {
  choices: async (work, { spec, inputs }, questions, tokens) => {
    const again = spec.reword === true ? 2 : 1;
    const k = inputs.experts.experts.length;
    const shape = { expert: settingsOfExperts(inputs.experts) };
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
    await write(work, inputs, again * written * questions * writtenTokens, writtenTokens);
  },
  free: async (work, { spec, inputs }, questions, tokens) => {
    const { replyTokens = usualReplyTokens } = spec;
    const { written, judged } = answersWritten(spec, inputs, questions);
    const read = written * tokens.question + judged * (tokens.question + replyTokens);
    await work.score(read, 1, { expert: settingsOfExperts(inputs.experts) }, tokens.question);
    await write(work, inputs, written * replyTokens, replyTokens);
  },
};

/** Written token by token, at a tenth of the pace of reading or less: told as tokens read ten times. */
const write = (work: Work, { experts }: ExamInputs, tokens: number, each: number): Promise<void> =>
  work.score(10 * tokens, 1, { expert: settingsOfExperts(experts) }, each);
