import { setImmediate } from 'node:timers/promises';
import type { Document } from '../corpus/document';
import { UserError } from '../base/errors';
import type { Watch } from '../base/progress';
import { createRandom } from '../base/random';

export type ClusteringMethod = 'perplexity-em' | 'guided' | 'kmeans' | 'unigram-em' | 'random' | 'gold';

/** One run of a splitting method: which of k piles each document is in, and how that came about. */
export interface Clustering {
  readonly method: ClusteringMethod;
  readonly k: number;
  readonly seed: number;
  /** The pile, 0 … k−1, of each document, in the order of the documents. */
  readonly assignments: Int32Array;
  /** Wall time. */
  readonly seconds: number;
  /** The history, for methods that go in rounds. */
  readonly rounds?: readonly RoundFigures[];
  /** What the method was told, by name, defaults included. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
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

/** The control that knows nothing: piles of equal size (±1) at random. */
export function randomClustering(documents: number, k: number, seed: number): Clustering {
  requireDocuments(documents, k);
  const started = performance.now();
  const order = createRandom(seed).shuffle(Array.from({ length: documents }, (_, i) => i));
  const assignments = new Int32Array(documents);
  order.forEach((document, place) => (assignments[document] = place % k));
  return { method: 'random', k, seed, assignments, seconds: secondsSince(started), settings: {} };
}

/** The control that knows the answer: a pile per domain, in code unit order of the `names`. UserError if a domain is missing. */
export function goldClustering(documents: readonly Document[]): { clustering: Clustering; names: readonly string[] } {
  const started = performance.now();
  const domains = documents.map(({ id, domain }) => {
    if (domain !== undefined) return domain;
    throw new UserError(
      `Document ${id} has no domain.`,
      'Split by gold labels only where every document has a "domain".',
    );
  });
  const names = [...new Set(domains)].sort();
  requireDocuments(documents.length, Math.max(1, names.length));
  const pile = new Map(names.map((name, i) => [name, i]));
  const assignments = Int32Array.from(domains, (domain) => pile.get(domain) ?? 0);
  const seconds = secondsSince(started);
  return { clustering: { method: 'gold', k: names.length, seed: 0, assignments, seconds, settings: {} }, names };
}

/** Throws UserError unless the documents suffice for k piles. */
export function requireDocuments(documents: number, k: number): void {
  if (!Number.isInteger(k) || k < 1) throw new UserError(`${k} piles are impossible.`, 'Ask for 1 pile or more.');
  if (documents < k) throw new UserError(`${documents} documents cannot fill ${k} piles.`, 'Ask for fewer piles.');
}

/** Seconds since a moment of `performance.now()`. */
export function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

/** Lets the event loop run, so that a request to stop is heard between rounds; rejects with the signal's reason then. */
export async function pause(watch: Watch | undefined): Promise<void> {
  await setImmediate();
  watch?.signal.throwIfAborted();
}
