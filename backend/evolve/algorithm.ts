/** A way to look for better texts. One folder of `algorithms/` holds one, and `algorithms.ts` lists them. */
import type { Random } from '../base/random';
import type { Judged, Proposal } from './candidate';
import type { Operators, Subject } from './operators/operators';
import type { Select } from './selection';

/** What an algorithm says of itself. */
export interface AlgorithmData {
  readonly name: string;
  readonly label: string;
  /** One line. */
  readonly detail: string;
}

/** What a generation begins with. */
export interface Generation {
  /** Those who may become parents, the fittest first. */
  readonly population: readonly Judged[];
  /** The candidates that evolution began with. */
  readonly seeds: readonly Judged[];
  /** Position of the component whose turn it is. */
  readonly component: number;
  /** Candidates that are wanted. */
  readonly size: number;
}

export interface Tools {
  readonly random: Random;
  readonly operators: Operators;
  readonly select: Select;
  /** What operators may know of a component. */
  readonly subjectOf: (component: number) => Subject;
}

export interface Algorithm extends AlgorithmData {
  /** Further candidates; twins of earlier ones are dropped by whoever asks. */
  readonly propose: (generation: Generation, tools: Tools) => Promise<Proposal[]>;
  /** Who may become a parent in the next generation, [size] at most. */
  readonly survive: (generation: Generation, children: readonly Judged[]) => readonly Judged[];
}

/** A proposal that changes one component of a candidate. */
export function changing(
  parent: Judged,
  component: number,
  text: string,
  operator: string,
  others: readonly Judged[] = [],
): Proposal {
  return {
    components: parent.components.map((own, i) => (i === component ? text : own)),
    operator,
    parents: [parent, ...others].map(({ number }) => number),
    changed: component,
  };
}
