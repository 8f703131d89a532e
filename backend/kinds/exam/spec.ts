import { choice, deviceSetting, flag, idOf, seedSetting, type SettingsTable, someOf, whole } from '../../base/settings';
import { choiceScales } from '../../council/settings';
import { procedureData } from '../../council/procedures/settings';
import type { RunKind, SpecOf } from '../kind';
import { expertsSetting } from '../mix/spec';

export const questionSetSetting = {
  form: idOf('questions'),
  label: 'Question Set',
  help: 'question set, see `polymath questions`',
  required: true,
  subject: true,
} as const;

export const scaleSetting = {
  form: choice(choiceScales),
  label: 'Scale of Choices',
  help: 'how probable a choice is',
  default: 'length',
} as const;

export const usualTunedEpochs = 2;
export const usualReplyTokens = 32;

const settings = {
  experts: expertsSetting,
  questions: questionSetSetting,
  council: {
    form: idOf('council'),
    label: 'Council',
    help: 'the council that is examined',
    otherwise: 'the experts without roles',
    subject: true,
  },
  against: {
    form: idOf('council'),
    label: 'Against',
    help: 'another council beside it, such as the one that it was evolved from',
    otherwise: 'none',
  },
  procedures: {
    form: someOf(choice(Object.fromEntries(procedureData.map(({ name, label }) => [name, label])))),
    label: 'Procedures',
    help: 'procedures by which the councils answer',
    otherwise: 'their own',
  },
  answers: {
    form: choice({ choices: 'one of the choices is chosen', free: 'the answer is written' }),
    label: 'Answers',
    help: 'how questions are answered: those with choices are chosen among, those with free answers are written',
    otherwise: 'choices; free answers of a set without choices',
  },
  part: {
    form: choice({ test: 'the half that is kept for the end', heldout: 'the half that councils are evolved on' }),
    label: 'Half',
    help: 'half of the set that is asked',
    default: 'test',
  },
  most: {
    form: whole(2),
    label: 'Questions at Most',
    help: 'questions at most, drawn evenly over domains',
    otherwise: 'all',
  },
  bare: {
    form: flag,
    label: 'Without Controls',
    help: 'without base model, best expert alone and in every seat, empty roles, roles of others, and the mixture',
  },
  rival: {
    form: idOf('experts'),
    label: 'Rival',
    help: 'another set of experts without roles, such as those of k-means, or one model of all documents',
    otherwise: 'none',
  },
  tuned: {
    form: idOf('experts'),
    label: 'Tuned',
    help: 'a set of one expert, such as one model of all documents, as it is and after it has learned the held-out questions',
    otherwise: 'none',
  },
  tunedEpochs: {
    form: whole(1, 100),
    label: 'Epochs of Tuned',
    help: 'how many times it learns the held-out questions',
    unit: 'times',
    usual: () => usualTunedEpochs,
    applies: ({ tuned }) => tuned !== undefined,
  },
  mixer: { form: idOf('mixer'), label: 'Mixer', help: 'mixer of the mixture', otherwise: 'equal weights' },
  replyTokens: {
    form: whole(1, 2000),
    label: 'Tokens of a Reply',
    help: 'tokens of a free answer, at most',
    unit: 'tokens',
    usual: () => usualReplyTokens,
    applies: ({ answers }) => answers !== 'choices',
  },
  reword: { form: flag, label: 'Reword', help: 'ask everything twice, in other words, for the consistency of answers' },
  scale: scaleSetting,
  seed: seedSetting,
  device: deviceSetting,
} as const satisfies SettingsTable;

/** Right answers of councils and their controls on a set of questions. */
export const examKind = {
  kind: 'exam',
  label: 'Exam',
  lane: 'device',
  makes: 'evaluation',
  title: () => 'Examine councils on questions',
  telling: ['procedures'],
  settings,
  rules: [
    {
      broken: ({ tuned, part }) => tuned !== undefined && part === 'heldout',
      message: '{tuned} learns the held-out half of the questions, and that half is asked.',
      next: 'Ask the test half, or leave {tuned} out.',
    },
    {
      broken: ({ tuned, tunedEpochs }) => tuned === undefined && tunedEpochs !== undefined,
      message: '{tunedEpochs} belongs to a model that learns the held-out questions.',
      next: 'Name one: {tuned}.',
    },
    {
      broken: ({ answers, replyTokens }) => answers === 'choices' && replyTokens !== undefined,
      message: '{replyTokens} is about answers that are written, and these are chosen.',
      next: 'Leave it out, or ask for free answers: {answers} free.',
    },
  ],
} as const satisfies RunKind;

export type ExamSpec = SpecOf<typeof examKind>;
