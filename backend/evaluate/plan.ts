/** What is compared: splits, and systems made of them. All systems go one way, from training to scores. */
import { UserError } from '../base/errors';
import { choice, type Raw, type Setting, type SettingsTable, someOrSpelled, text, type Values } from '../base/settings';
import type { WeightingData } from '../mixing/weighting';
import type { SplitReport, SystemReport } from '../protocol/report';
import { methodData, type MethodTable } from '../split/methods/method';
import { methodLabel, splitMethods } from '../split/methods/settings';

export interface ComparedSplit extends Pick<SplitReport, 'label' | 'role'> {
  readonly id: string;
  /** By its name in the table of methods, with values of its settings beside those of all methods. */
  readonly method: string;
  readonly values?: Raw;
}

/**
 * What is trained: nothing, one adapter on all documents, as wide as an expert or as all of them, or one on each pile of a split; these speak
 * by a cooperation, or are merged into one model.
 */
export type ComparedSystem = SystemOfOne | SystemOfPiles | SystemOfMerge;

interface SystemOfOne extends Omit<SystemReport, 'split' | 'cooperation'> {
  readonly experts: 'none' | 'one' | 'wide';
}

export interface SystemOfPiles extends SystemReport {
  readonly experts: 'piles';
  /** Id of a split. */
  readonly split: string;
  /** Name of a weighting. */
  readonly cooperation: string;
}

/** The exact average of what the experts of a split change. */
export interface SystemOfMerge extends Omit<SystemReport, 'cooperation'> {
  readonly experts: 'merged';
  /** Id of a split. */
  readonly split: string;
}

export interface ComparisonPlan {
  readonly splits: readonly ComparedSplit[];
  /** One of them is the main one: its experts and its weighting are what a project goes on with. */
  readonly systems: readonly ComparedSystem[];
  /** Names of further weightings that the main system's experts are scored under. */
  readonly variants: readonly string[];
}

/** Throws where no system of piles is the main one. */
export function mainOf({ systems }: ComparisonPlan): SystemOfPiles {
  const main = systems.filter(isOfPiles).find(({ role }) => role === 'main');
  if (main === undefined) throw new Error('the comparison has no main system of experts');
  return main;
}

/** Systems that adapters alone can be. */
const ofAdapters = ({ experts }: ComparedSystem): boolean => experts === 'wide' || experts === 'merged';

export const isOfPiles = (system: ComparedSystem): system is SystemOfPiles => system.experts === 'piles';

export const isMerged = (system: ComparedSystem): system is SystemOfMerge => system.experts === 'merged';

/** The experts of a split, of whom one speaks at a time. */
function expertsOf(split: string, phrase: string, role?: SystemOfPiles['role']): SystemOfPiles {
  const label = methodLabel(splitMethods, split);
  return { id: split, label, phrase, ...(role && { role }), experts: 'piles', split, cooperation: 'best-single' };
}

/**
 * What is compared by name: the untouched base model, one model fine-tuned on everything, the experts of each split with one of them
 * speaking at a time, and those of perplexity EM mixed token by token. Gold domains are the ceiling, where there are some, and a random
 * split is the floor. A guide has a budget of its own, and is not among the methods.
 */
const usualSystems: readonly ComparedSystem[] = [
  {
    id: 'base',
    label: 'Base model',
    phrase: 'the base model, untouched',
    role: 'untrained',
    experts: 'none',
  },
  {
    id: 'monolithic',
    label: 'One model, all data',
    phrase: 'one model trained on all the data',
    role: 'bar',
    experts: 'one',
  },
  {
    id: 'wide',
    label: 'One model, k times the rank',
    phrase: 'one model with as many trained parameters as all experts have',
    experts: 'wide',
  },
  expertsOf('random', 'experts on a random split'),
  expertsOf('kmeans', 'experts on k-means piles'),
  expertsOf('unigram', 'experts on unigram-EM piles'),
  expertsOf('em', 'the same experts, one chosen per document'),
  {
    id: 'merged',
    label: 'Merged experts',
    phrase: 'the same experts, merged into one model',
    experts: 'merged',
    split: 'em',
  },
  expertsOf('gold', 'experts on the gold domains, which were given the answers', 'answers'),
  {
    id: 'mixture',
    label: 'Mixture of experts',
    phrase: 'the mixture of experts',
    role: 'main',
    experts: 'piles',
    split: 'em',
    cooperation: 'recent',
  },
];

/** Which of them are compared where none is named: a first look spends its time on training, and does without what only experts ask for. */
const controlled: Readonly<Record<'few' | 'all', readonly string[]>> = {
  few: ['base', 'monolithic', 'random', 'kmeans', 'mixture'],
  all: usualSystems.map(({ id }) => id),
};

export const controlsSetting = {
  form: choice({
    few: 'base model, one model, random piles and k-means, beside each expert alone',
    all: 'these, one model with as many parameters as all experts, unigram EM, the experts without a mixture and merged into one model, gold domains where there are some',
  }),
  label: 'Controls',
  help: 'what the mixture is compared with where no systems are named; with all, its experts under every other weighting too',
  default: 'few',
} as const;

/** Weightings that the main system's experts are scored under beside its own: those that go by losses alone are free. */
const free = ['posterior', 'best-single', 'best-by-validation', 'uniform'] as const;
const weighingsOf: Readonly<Record<'few' | 'all', readonly string[]>> = {
  few: free,
  all: ['combined', 'recent', 'contrast', 'probe', ...free],
};

const byDomains = (system: ComparedSystem): boolean =>
  (isOfPiles(system) || isMerged(system)) && methodData(splitMethods, system.split)?.byDomains === true;

/** A system as a file of settings spells it out. */
function spelledSystem(methods: MethodTable, weightings: readonly WeightingData[]) {
  const able = Object.entries(methods).filter(([, { settings }]) => !('guide' in settings));
  return {
    id: { form: text(40), label: 'Id', help: 'name of the system in the report', required: true },
    label: { form: text(80), label: 'Label', help: 'what people call it', otherwise: 'its id' },
    experts: {
      form: choice({
        none: 'nothing is trained',
        one: 'one adapter on all data',
        wide: 'one adapter on all data, of k times the rank',
        piles: 'one expert per pile',
        merged: 'one expert per pile, merged into one model',
      }),
      label: 'Experts',
      help: 'what is trained',
      default: 'piles',
    },
    split: {
      form: choice(Object.fromEntries(able.map(([name, { label }]) => [name, label]))),
      label: 'Split',
      help: 'the method whose piles its experts learn from',
      default: 'em',
    },
    cooperation: {
      form: choice(Object.fromEntries(weightings.map(({ name, label }) => [name, label]))),
      label: 'Weighting',
      help: 'rule that weighs the experts',
      default: 'recent',
    },
  } as const satisfies SettingsTable;
}
type SpelledSystem = Values<ReturnType<typeof spelledSystem>>;
export type AskedSystem = string | SpelledSystem;

/** Which systems are compared: by id, or spelled out with one of these methods and weightings. */
export function systemsSettingOf(
  methods: MethodTable,
  weightings: readonly WeightingData[],
): Setting<readonly AskedSystem[]> {
  return {
    form: someOrSpelled(
      Object.fromEntries(usualSystems.map(({ id, label }) => [id, label])),
      spelledSystem(methods, weightings),
    ),
    label: 'Systems to Compare',
    help: 'what is compared, one with several experts at least',
    otherwise: 'the mixture and its controls',
  };
}

interface Asked {
  readonly systems?: readonly AskedSystem[] | undefined;
  readonly controls: keyof typeof controlled;
  /** What experts are. */
  readonly adapter?: 'lora' | 'full' | undefined;
}

/**
 * The plan of a comparison of the systems that were asked for, or of the mixture and its controls. The mixture is the main one where it is among them, else the last of
 * several experts: of those that were spelled out, if any. Throws UserError where there is none, an id stands twice, or gold domains are asked for that there are not.
 */
export function comparisonOf(
  { systems: asked, controls, adapter = 'lora' }: Asked,
  labelled: boolean,
  methods: MethodTable = splitMethods,
): ComparisonPlan {
  const named = new Map(usualSystems.map((system) => [system.id, system]));
  const chosen =
    asked === undefined
      ? usualSystems.filter(
          (system) =>
            controlled[controls].includes(system.id) &&
            (labelled || !byDomains(system)) &&
            (adapter === 'lora' || !ofAdapters(system)),
        )
      : asked.flatMap((one) => (typeof one === 'string' ? (named.get(one) ?? []) : systemOf(one)));
  const twice = chosen.find(({ id }, i) => chosen.findIndex((other) => other.id === id) < i);
  if (twice !== undefined)
    throw new UserError(`The system ${twice.id} stands twice.`, 'Give each an id of its own: {systems}');
  const gold = chosen.find(byDomains);
  if (gold !== undefined && !labelled) {
    throw new UserError(
      `${gold.id} needs the gold domain of every document, and this dataset does not have them.`,
      'Leave it out: {systems}',
    );
  }
  const adapted = chosen.find(ofAdapters);
  if (adapter === 'full' && adapted !== undefined) {
    throw new UserError(
      adapted.experts === 'wide'
        ? 'A model whose weights are all trained cannot be made wider, and one of the systems asks for it.'
        : 'Experts whose weights are all trained are merged by `polymath merge`, not within a comparison.',
      'Leave it out, or train adapters: {systems} or {adapter}',
    );
  }
  const ofPiles = chosen.filter(isOfPiles);
  const main =
    ofPiles.find(({ role }) => role === 'main') ??
    ofPiles.findLast(({ id }) => !named.has(id)) ??
    ofPiles.findLast((one) => !byDomains(one)) ??
    ofPiles.at(-1);
  if (main === undefined) {
    throw new UserError(
      'A comparison is about experts of piles, and none of its systems has any.',
      'Name one that has, such as mixture: {systems}',
    );
  }
  return {
    splits: [...new Set([...ofPiles, ...chosen.filter(isMerged)].map(({ split }) => split))].map((split) =>
      comparedSplit(methods, split, main.split),
    ),
    systems: chosen.map((system) => (system === main ? { ...main, role: 'main' } : system)),
    variants: weighingsOf[controls].filter((name) => name !== main.cooperation),
  };
}

function systemOf({ id, label = id, experts, split, cooperation }: SpelledSystem): ComparedSystem {
  const told = { id, label, phrase: `“${label}”` };
  if (experts === 'piles') return { ...told, experts, split, cooperation };
  return experts === 'merged' ? { ...told, experts, split } : { ...told, experts };
}

/** Methods that cost seconds are what the main split must be better than. */
function comparedSplit(methods: MethodTable, method: string, main: string): ComparedSplit {
  const data = methodData(methods, method);
  const cheap = data?.pace === 'seconds' ? 'control' : undefined;
  const role = method === main ? 'main' : data?.byDomains === true ? 'answers' : cheap;
  return { id: method, method, label: methodLabel(methods, method), ...(role && { role }) };
}
