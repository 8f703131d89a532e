/** A way to merge experts: what it says of itself, and what it does. */
import type { SignMethod } from './election';
import type { FactorMerge } from './factors';
import type { Rule } from './rule';

/** What of the experts is combined: what they change of each weight, the weights themselves, or the two factors of adapters. */
export type Ground = 'deltas' | 'weights' | 'factors';

/** What methods are told. */
export interface MergeValues {
  /** The share of numbers that stays, above 0 and at most 1. */
  readonly density: number;
  readonly sign: SignMethod;
  /** Where between two experts: 0 is the first, 1 the second; by their weights where nothing is said. */
  readonly t?: number | undefined;
}

/** What a way to merge says of itself. Free of what computes, because the editor loads it when it starts. */
export interface MergeData {
  readonly label: string;
  /** Which settings mean something to it. */
  readonly takes: readonly (keyof MergeValues | 'seed')[];
  /** The density where none is told, if it is not the usual one. */
  readonly density?: number;
  /** It combines so many experts, no more and no fewer. */
  readonly experts?: number;
  /** How much of each expert counts where nobody says; equal shares of 1 by default. */
  readonly usualWeight?: (ground: Ground, count: number) => number;
  /** What it can work on; the first is where it works by default. */
  readonly grounds: readonly Ground[];
}

/** What it does on each of its grounds. */
export interface MergeRules {
  readonly deltas?: (values: MergeValues) => Rule;
  readonly weights?: (values: MergeValues) => Rule;
  readonly factors?: (values: MergeValues) => FactorMerge;
}
