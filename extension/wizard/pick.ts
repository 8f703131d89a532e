/**
 * Questions for something of the project. The row from which a command was called is the answer; where there is one thing only,
 * nobody is asked; where there is none, a MissingStep says what to do first.
 */
import type { CouncilRecord } from '../../backend/protocol/councils';
import type {
  SplitRecord,
  DatasetRecord,
  EvaluationRecord,
  ExpertSetRecord,
  IdKind,
  QuestionSetRecord,
} from '../../backend/protocol/records';
import type { BackendClient } from '../backend/client';
import { MissingStep } from '../errors/missing';
import { formatCount, formatNumber, formatTime } from '../format';
import { type Step, steps } from '../steps';
import { givenId } from '../views/selection';
import type { ListChoice } from './boxes';
import { type Ask, Only } from './steps';

/** `given`: what the editor handed to the command. */
export type Picker<T> = (ask: Ask, parts: { readonly client: BackendClient }, given?: readonly unknown[]) => Promise<T>;

interface Kind<T> {
  readonly id: IdKind;
  readonly placeholder: string;
  /** The newest first. */
  readonly list: (client: BackendClient) => Promise<{ readonly items: readonly T[] }>;
  readonly describe: (value: T) => string;
  readonly missing: { readonly message: string; readonly next: string; readonly steps: readonly Step[] };
}

const all = { limit: 1000 };

export const pickDataset: Picker<DatasetRecord> = picker({
  id: 'data',
  placeholder: 'Choose a dataset',
  list: (client) => client.call('datasets/list', all),
  describe: ({ documents, domains }) => {
    const gold = domains.length > 0 ? `, ${formatNumber(domains.length, 'domain')}` : '';
    return `${formatNumber(documents.total, 'document')}${gold}`;
  },
  missing: {
    message: 'There is no dataset in this project yet.',
    next: 'Import a corpus first.',
    steps: [steps.import, steps.importSample],
  },
});

export const pickSplit: Picker<SplitRecord> = picker({
  id: 'split',
  placeholder: 'Choose a split',
  list: (client) => client.call('splits/list', all),
  describe: ({ k, documents }) => `${formatNumber(k, 'pile')}, ${formatNumber(documents, 'document')}`,
  missing: {
    message: 'No dataset of this project is split into piles yet.',
    next: 'Split a dataset first.',
    steps: [steps.split],
  },
});

export const pickExperts: Picker<ExpertSetRecord> = picker({
  id: 'experts',
  placeholder: 'Choose a set of experts',
  list: (client) => client.call('experts/list', all),
  describe: ({ experts, model }) => `${formatNumber(experts.length, 'expert')} on ${model}`,
  missing: {
    message: 'There are no experts in this project yet.',
    next: 'Train experts on the piles of a dataset, or import some that were trained elsewhere.',
    steps: [steps.train, steps.importExperts],
  },
});

export const pickCouncil: Picker<CouncilRecord> = picker({
  id: 'council',
  placeholder: 'Choose a council',
  list: (client) => client.call('councils/list', all),
  describe: ({ members }) => formatNumber(members.length, 'member'),
  missing: {
    message: 'There is no council in this project yet.',
    next: 'Draft the roles of one.',
    steps: [{ title: 'Draft Roles…', command: 'polymath.councils.draft' }],
  },
});

export const pickQuestions: Picker<QuestionSetRecord> = picker({
  id: 'questions',
  placeholder: 'Choose a question set',
  list: (client) => client.call('questions/sets', all),
  describe: ({ questions }) =>
    `${formatNumber(questions.total, 'question')}, ${formatCount(questions.test)} of them kept for the test`,
  missing: {
    message: 'There are no questions in this project yet.',
    next: 'Import some.',
    steps: [{ title: 'Import Questions…', command: 'polymath.questions.import' }],
  },
});

const evaluationKinds: Readonly<Record<EvaluationRecord['kind'], string>> = {
  perplexity: 'perplexity',
  comparison: 'comparison with controls',
  sweep: 'parts of perplexity EM',
  exam: 'right answers on questions',
  evolution: 'evolution of a council',
};

export const pickEvaluation: Picker<Omit<EvaluationRecord, 'result'>> = picker({
  id: 'eval',
  placeholder: 'Choose an evaluation',
  list: (client) => client.call('evaluations/list', all),
  describe: ({ kind }) => evaluationKinds[kind],
  missing: {
    message: 'There is no evaluation in this project yet.',
    next: 'Evaluate experts first.',
    steps: [{ title: 'Evaluate Experts…', command: 'polymath.experts.evaluate' }],
  },
});

function picker<T extends { id: string; name: string; created: string }>(kind: Kind<T>): Picker<T> {
  return (ask, { client }, given = []) =>
    ask.pick(async () => {
      const { items } = await kind.list(client);
      const id = givenId(given, kind.id);
      const wanted = id === undefined ? items : items.filter((item) => item.id === id);
      if (wanted.length === 1) return new Only(wanted[0]);
      if (items.length > 0) return { placeholder: kind.placeholder, lines: items.map((item) => line(kind, item)) };
      const { message, next, steps } = kind.missing;
      throw new MissingStep(message, next, steps);
    });
}

function line<T extends { id: string; name: string; created: string }>(kind: Kind<T>, value: T): ListChoice<T> {
  return { label: value.name, description: kind.describe(value), detail: formatTime(value.created), value };
}

/** The table of a sweep. */
export const pickTable: Picker<Omit<EvaluationRecord, 'result'>> = picker({
  id: 'eval',
  placeholder: 'Choose a table',
  list: async (client) => {
    const { items } = await client.call('evaluations/list', all);
    return { items: items.filter(({ kind }) => kind === 'sweep') };
  },
  describe: ({ seeds }) => formatNumber(seeds.length, 'seed'),
  missing: {
    message: 'There is no table of a comparison of parts in this project yet.',
    next: 'Compare the parts of perplexity EM first.',
    steps: [{ title: 'Compare Parts of Perplexity EM…', command: 'polymath.datasets.sweep' }],
  },
});
