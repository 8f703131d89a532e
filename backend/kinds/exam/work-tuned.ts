/** A model that learns the held-out questions before it is examined: what they are worth to one that simply learns from them. */
import { openingOf } from '../../answer/prompt';
import { UserError } from '../../base/errors';
import { decimal, formatCount, formatNumber } from '../../base/format';
import { Duplicates } from '../../corpus/import/duplicates';
import { putQuestion } from '../../council/put-question';
import { putValue } from '../../engine/artifacts/values';
import type { Executor } from '../../engine/executors/executor';
import type { Job } from '../../engine/job';
import { getStack, putStack } from '../../engine/tasks/perform/stack';
import { packTrainingTexts } from '../../engine/tasks/texts';
import { trainTask } from '../../engine/tasks/train';
import type { ExpertStack } from '../../model/experts/stack';
import type { LanguageModel } from '../../model/language-model';
import type { ExpertSetRecord, QuestionRecord } from '../../protocol/records';
import type { TrainingText } from '../../train/batches';
import { requireMemory } from '../../train/memory';
import { defaultTraining } from '../../train/settings';
import { usualLearningRate } from '../../train/usual-rate';
import type { OpenedModel } from '../shared/base-model';
import { settingsOfExperts } from '../shared/estimate';
import { loadExperts } from '../shared/experts';
import type { ExamInputs } from './inputs';
import { type ExamSpec, usualTunedEpochs } from './spec';

/** How one model learns the held-out questions: tokens of a question with its right choice, at most, and such rows of a step. */
export const tuning = { context: 256, rows: 4 } as const;
export const epochsOf = ({ tunedEpochs = usualTunedEpochs }: ExamSpec): number => tunedEpochs;

export interface Tuned {
  readonly stack: ExpertStack;
  /** Questions that it learned. */
  readonly questions: number;
  readonly note: string;
}

/** The one expert of a set, after it has learned the right answers of the held-out questions: a training task like others. */
export async function tune(
  { project, spec, inputs, watch }: Job<ExamSpec, ExamInputs>,
  { model, sha256 }: OpenedModel,
  executor: Executor,
  record: ExpertSetRecord,
): Promise<Tuned> {
  const { artifacts } = executor;
  const learned = learnedQuestions(inputs);
  const texts = learned.questions.map((question) => textOf(model, question));
  const epochs = epochsOf(spec);
  const expert = settingsOfExperts(record);
  requireMemory(model.config, expert, { k: 1 });
  const context = Math.max(...texts.map(({ tokens }) => tokens.length)) - 1;
  const settings = {
    ...{ ...defaultTraining, expert, learningRate: usualLearningRate(model.config, expert), seedShare: 0 },
    ...{ rows: tuning.rows, context, documentTokens: context, packing: false, seed: spec.seed },
  };
  const input = {
    model: sha256,
    piles: await putValue(artifacts, [packTrainingTexts(texts)]),
    letters: record.experts.map(({ letter }) => letter),
    tokens: epochs * texts.length * context,
    settings,
    from: await putStack(artifacts, await loadExperts(project, record, model.config)),
  };
  const trained = await executor.execute(trainTask, input, watch);
  const cut = texts.filter((text) => text.cut).length;
  const parts = [
    `${record.name} learned the right answers of ${formatNumber(texts.length, 'held-out question')}, ${formatNumber(epochs, 'time')} over: ${formatCount(trained.tokens)} tokens with those that fill up rows, learning rate ${decimal(trained.learningRate)}.`,
    ...(cut === 0 ? [] : [`${formatNumber(cut, 'question')} lost the beginning to fit into ${tuning.context} tokens.`]),
    ...(learned.copies === 0
      ? []
      : [
          `${formatNumber(learned.copies, 'held-out question')} that (nearly) repeat one of the test half were left out.`,
        ]),
  ];
  return {
    stack: await getStack(artifacts, trained.experts, model.config),
    questions: texts.length,
    note: parts.join(' '),
  };
}

/** As similar as this (Jaccard), questions with their choices say the same, as documents do at their import. */
const nearlyEqual = 0.8;

/** Held-out questions, without those that repeat one of the test half, whole or with other wrong choices. Throws UserError where none is left. */
function learnedQuestions({ questions, set }: Pick<ExamInputs, 'questions' | 'set'>): {
  readonly questions: readonly QuestionRecord[];
  readonly copies: number;
} {
  const test = questions.filter(({ part }) => part === 'test');
  const heldOut = questions.filter(({ part }) => part === 'heldout');
  const whole = ({ question, choices = [] }: QuestionRecord): string => [question, ...[...choices].sort()].join('\n');
  const answered = ({ question, choices = [], correct = 0 }: QuestionRecord): string =>
    `${question}\n${choices[correct]}`;
  const repeats = [repeating(test, heldOut, whole, nearlyEqual), repeating(test, heldOut, answered, 0)];
  const own = heldOut.filter((_, i) => !repeats.some((found) => found[i]));
  if (own.length > 0) return { questions: own, copies: heldOut.length - own.length };
  throw new UserError(
    `Every held-out question of ${set.name} (nearly) repeats one of its test half, so there is nothing to learn.`,
    'Leave {tuned} out, or import a set whose halves differ.',
  );
}

/** Which held-out questions are, by this text, in one group of copies with one of the test half. */
function repeating(
  test: readonly QuestionRecord[],
  heldOut: readonly QuestionRecord[],
  textOf: (question: QuestionRecord) => string,
  threshold: number,
): boolean[] {
  const duplicates = new Duplicates(threshold);
  for (const question of [...test, ...heldOut]) duplicates.add(textOf(question));
  const { first } = duplicates.groups();
  return heldOut.map((_, i) => first[test.length + i] < test.length);
}

/** A question with its right choice, of whose tokens alone the prediction counts. */
function textOf(
  model: LanguageModel,
  { question, choices = [], correct = 0 }: QuestionRecord,
): TrainingText & { readonly cut: boolean } {
  const { tokenizer, config } = model;
  const most = Math.min(tuning.context, config.maxPositions);
  const opened = (prompt: Parameters<typeof openingOf>[1], maxTokens: number): Int32Array =>
    openingOf(model, prompt, { shorten: true, maxTokens }).tokens;
  const { prompt, texts, tokens, cut } = putQuestion(
    model,
    { question, choices },
    { hasRoom: (asked, longest) => opened(asked, longest).length + longest <= most },
  );
  const before = opened(prompt, Math.max(...tokens));
  // The end stands there so that training puts none that counts: an exam does not ask what comes after a choice.
  const all = Int32Array.from([...before, ...tokenizer.tokens(texts[correct]), tokenizer.endToken]);
  return { tokens: all, counted: new Uint8Array(all.length).fill(1, before.length, -1), cut };
}
