/** What evolution is told, as data. */
import { between, choice, flag, type SettingsTable, text, whole } from '../base/settings';
import { algorithmData } from './algorithms/settings';

/** Ways to choose parents, in words; what each does is in `selection.ts`. */
export const selectionNames = {
  roulette: 'chance in proportion to fitness',
  tournament: 'the fitter one of two',
  random: 'all alike',
  pareto: 'those who are best at some question',
} as const;
export type SelectionName = keyof typeof selectionNames;

export const evolutionSettings = {
  algorithm: {
    form: choice(Object.fromEntries(algorithmData.map(({ name, label }) => [name, label]))),
    label: 'Algorithm',
    help: 'how better texts are looked for',
    default: 'ga',
  },
  operators: {
    form: text(4096),
    label: 'Operators',
    help: 'what makes new texts: edits of phrases (edits), local, editor:<model>, or <url>#<model> of an endpoint such as Ollama’s',
    default: 'edits',
  },
  size: { form: whole(2, 1000), label: 'Population', help: 'candidates of a generation', default: 10 },
  generations: { form: whole(1, 100_000), label: 'Generations', help: 'generations at most', default: 10 },
  most: {
    form: whole(2),
    label: 'Questions at Most',
    help: 'questions at most, drawn evenly over domains',
    unit: 'questions',
    default: 200,
  },
  budget: {
    form: whole(),
    label: 'Budget',
    help: 'calls at most: a call is one question that is put to one member',
    unit: 'calls',
    otherwise: 'what the generations take',
  },
  selection: {
    form: choice(selectionNames),
    label: 'Selection',
    help: 'how ga chooses parents; the other algorithms have ways of their own',
    default: 'roulette',
  },
  race: {
    form: flag,
    label: 'Race',
    help: 'ask candidates block by block, and drop who is significantly worse than as many others as there are places (from 26 questions on)',
  },
  likelihood: {
    form: between(0, 100),
    label: 'Weight of Likelihood',
    help: 'what the share of the right choice counts in the fitness, beside accuracy, which counts 1',
    default: 1,
  },
  information: {
    form: between(0, 100),
    label: 'Weight of Information',
    help: 'what the mutual information of question and answer counts, which needs no right answers',
    default: 0,
  },
  agreement: {
    form: between(0, 1),
    label: 'Weight of Agreement',
    help: 'what agreement of the members counts: between candidates that are right as often, never against a question more',
    default: 0,
  },
  lengthPenalty: {
    form: between(0, 10),
    label: 'Length Penalty',
    help: 'what is taken off the fitness where texts become twice as long',
    default: 0.05,
  },
} as const satisfies SettingsTable;

/**
 * Calls that all generations take at most: the council as it is, seeds that change a component each, then each generation's
 * candidates, which change one component each. A change of the instruction asks every member, and so does any change where members
 * judge as one (`together`). `questions` counts what each is asked.
 */
export function callsOf(
  {
    members,
    questions,
    together,
  }: { readonly members: number; readonly questions: number; readonly together: boolean },
  size: number,
  generations: number,
): number {
  const components = members + 1;
  const of = (component: number): number => questions * (together || component === members ? members : 1);
  const seeds = Array.from({ length: size - 1 }, (_, i) => of(i % components));
  const turns = Array.from({ length: generations }, (_, g) => size * of(g % components));
  return [questions * members, ...seeds, ...turns].reduce((sum, calls) => sum + calls, 0);
}
