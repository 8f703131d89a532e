/** What comes of a split, whatever the method. */
import { formatNumber } from '../base/format';
import { UserError } from '../base/errors';
import type { SplitSpace } from './space';

/** What a splitting method finds. */
export interface Found {
  /** The pile, 0 … k−1, of each training document [N]. */
  readonly assignments: Int32Array;
  /** The number of piles, from a method that has it from the documents. */
  readonly k?: number;
  /** What the method was told, by name, defaults included. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** The history, from methods that go in rounds. */
  readonly rounds?: readonly RoundFigures[];
  /** Indices of documents that fit no pile, where the method tells. */
  readonly outliers?: readonly number[];
  /** P(pile | document) at the end [N, k], and as each round saw it, from a method that has degrees (`MethodData.posterior`). */
  readonly posteriors?: Float32Array;
  readonly history?: readonly Float32Array[];
  /** Why small clusters became the piles, where a guide was asked. */
  readonly unions?: readonly Union[];
  /** Where the documents lie, from a method that looks at their words alone. */
  readonly space?: SplitSpace;
  /** Names that are better than the words that mark a pile, where there are some [k]. */
  readonly titles?: readonly (string | undefined)[];
}

/** One run of a splitting method: which of k piles each document is in, how that came about, and what people see of the piles. */
export interface SplitResult extends Omit<Found, 'titles'> {
  /** By its name in the table of methods. */
  readonly method: string;
  readonly k: number;
  readonly seed: number;
  /** Wall time. */
  readonly seconds: number;
  readonly piles: readonly PileSummary[];
}

export interface PileSummary {
  readonly name: string;
  readonly size: number;
  /** Characteristic words, the most telling first. */
  readonly terms: readonly string[];
}

/** The state of a splitting method after a round. */
export interface RoundFigures {
  /** From 1. */
  readonly round: number;
  /** Documents that the round has gone through, where it goes block by block and is told of in parts. */
  readonly judged?: number;
  /** What the method maximises, if it has that: nats per word or token. */
  readonly logLikelihood?: number;
  /** Mean entropy of the documents' posteriors over the piles, in nats: ln k when nothing is decided, 0 when all is. */
  readonly entropy?: number;
  /** Inverse temperature of the posterior that drew the piles. */
  readonly beta?: number;
  /** Nats per token while the experts learned in this round. */
  readonly trainLoss?: number;
  /** Nats per token, or word, of held-out documents under the mixture of all piles weighed by their sizes. */
  readonly validationLoss?: number;
  /** Share of the documents whose most probable pile is another than in the round before. */
  readonly churn: number;
  /** Share of the documents in each pile, `[k]`. */
  readonly shares: readonly number[];
  /** Piles without documents. */
  readonly dead: number;
}

/** Why two clusters were joined. */
export interface Union {
  /** Documents of either side. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** `guide`: it said so twice. `overlap`: they mostly held the same. `nearness`: nobody was asked any more. */
  readonly by: 'guide' | 'overlap' | 'nearness';
  /** What the guide said. */
  readonly verdict?: Grounds;
}

/** Why a guide says that two clusters belong together. */
export interface Grounds {
  /** Words of the text that was shown, copied. */
  readonly quote?: string;
  readonly reason?: string;
  /** Nats per token that the one's text makes the other's more probable, from a guide that goes by likelihood. */
  readonly gain?: number;
}

/** The piles of a split that another one goes on from. */
export interface EarlierPiles {
  /** Of each training document; −1 where it was in none. */
  readonly assignments: Int32Array;
  /** [k]; one without a name gets it from its words. */
  readonly names: readonly (string | undefined)[];
  /** P(pile | document) of them [N, k], for a division, where their method gave any; zeros for a document that was in none. */
  readonly posteriors?: Float32Array;
}

/** Throws UserError unless the documents suffice for k piles. */
export function requireDocuments(documents: number, k: number): void {
  if (!Number.isInteger(k) || k < 1) throw new UserError(`${k} piles are impossible.`, 'Ask for 1 pile or more.');
  if (documents < k)
    throw new UserError(
      `${formatNumber(documents, 'document')} cannot fill ${formatNumber(k, 'pile')}.`,
      'Ask for fewer piles.',
    );
}
