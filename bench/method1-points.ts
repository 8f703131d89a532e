/** Points of the curve of perplexity EM, one JSON line each: `method1-curve.ts` adds them, `method1-plot.ts` draws them. */
import { appendFile, readFile } from 'node:fs/promises';

export const startNames = {
  random: 'random piles',
  bias: 'random, by log-bias experts',
  unigram: 'words (unigram EM)',
  gradients: 'gradients',
} as const;
export type StartName = keyof typeof startNames;

/** What a point is of; two points of the same are the same. */
export interface Place {
  readonly model: string;
  /** Tokens of each document that are read. */
  readonly prefix: number;
  readonly start: StartName;
  /** Training documents. */
  readonly documents: number;
  /** That the expert of a pile learns from in a round, after the bound that the documents set. */
  readonly tokensPerRound: number;
  readonly seed: number;
}

/** How good piles are. */
export interface Worth {
  /** Agreement with the gold domains. */
  readonly nmi: number;
  readonly ari: number;
  /** How much likelier a mixture of log-bias experts of the piles makes held-out tokens than the base model does, nats per token. */
  readonly gain: number;
}

export interface Point extends Place {
  /** What the rounds found; a product's split may keep its start instead, see `kept`. */
  readonly found: Worth;
  /** What the rounds began with. */
  readonly began: Worth;
  /** Whether the split would keep its start, because held-out documents are likelier by it. */
  readonly kept: boolean;
  /** The gain of the gold domains as piles. */
  readonly goldGain: number;
  readonly rounds: number;
  /** Processor seconds of the rounds, without the start. */
  readonly seconds: number;
}

/** The points of a file; none where there is no file. */
export async function readPoints(path: string): Promise<Point[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Point);
}

export function addPoint(path: string, point: Point): Promise<void> {
  return appendFile(path, `${JSON.stringify(point)}\n`);
}

export function samePlace(a: Place, b: Place): boolean {
  const keys = ['model', 'prefix', 'start', 'documents', 'tokensPerRound', 'seed'] as const;
  return keys.every((key) => a[key] === b[key]);
}
