/** What is compared: splits, and systems made of them. All systems go one way, from training to scores. */
import type { Raw } from '../base/settings';
import type { SplitReport, SystemReport } from '../protocol/report';
import { methodLabel, splitMethods } from '../split/methods/settings';

export interface ComparedSplit extends Pick<SplitReport, 'label' | 'role'> {
  readonly id: string;
  /** By its name in the table of methods, with values of its settings beside those of all methods. */
  readonly method: string;
  readonly values?: Raw;
}

/** What is trained: nothing, one adapter on all documents, or one on each pile of a split; these speak by a cooperation. */
export type ComparedSystem = SystemOfOne | SystemOfPiles;

interface SystemOfOne extends Omit<SystemReport, 'split' | 'cooperation'> {
  readonly experts: 'none' | 'one';
}

export interface SystemOfPiles extends SystemReport {
  readonly experts: 'piles';
  /** Id of a split. */
  readonly split: string;
  /** Name of a weighting. */
  readonly cooperation: string;
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

export const isOfPiles = (system: ComparedSystem): system is SystemOfPiles => system.experts === 'piles';

function split(method: string, role?: ComparedSplit['role']): ComparedSplit {
  return { id: method, method, label: methodLabel(splitMethods, method), ...(role && { role }) };
}

/** The experts of a split, of whom one speaks at a time. */
function expertsOf({ id, label }: ComparedSplit, phrase: string, role?: SystemOfPiles['role']): SystemOfPiles {
  return { id, label, phrase, ...(role && { role }), experts: 'piles', split: id, cooperation: 'best-single' };
}

const random = split('random');
const kmeans = split('kmeans', 'control');
const unigram = split('unigram', 'control');
const em = split('em', 'main');
const gold = split('gold', 'answers');

/**
 * The untouched base model, one model fine-tuned on everything, the experts of each split with one of them speaking at a time, and those of
 * perplexity EM mixed token by token. Gold domains are the ceiling, where there are some, and a random split is the floor. A guide has
 * a budget of its own, and is not among the methods.
 */
export function usualComparison(labelled: boolean): ComparisonPlan {
  return {
    splits: [random, kmeans, unigram, em, ...(labelled ? [gold] : [])],
    systems: [
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
      expertsOf(random, 'experts on a random split'),
      expertsOf(kmeans, 'experts on k-means piles'),
      expertsOf(unigram, 'experts on unigram-EM piles'),
      expertsOf(em, 'the same experts, one chosen per document'),
      ...(labelled ? [expertsOf(gold, 'experts on the gold domains, which were given the answers', 'answers')] : []),
      {
        id: 'mixture',
        label: 'Mixture of experts',
        phrase: 'the mixture of experts',
        role: 'main',
        experts: 'piles',
        split: em.id,
        cooperation: 'probe',
      },
    ],
    variants: ['best-single', 'posterior', 'uniform'],
  };
}
