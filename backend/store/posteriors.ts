/** P(pile | document) as a splitting method told them: round by round, and as round 0 what it ended with. */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { z } from 'zod';
import type { SplitRows } from '../protocol/outcome';
import { countOf, type PageRequest } from './record-table';
import type { StoreSession } from './session';

/** Rows of posteriors: documents [rows], posteriors [rows, k]. */
export interface Posteriors {
  /** Of the whole round: 0 where it was not kept. */
  readonly total: number;
  readonly k: number;
  readonly documents: Int32Array;
  readonly posteriors: Float32Array;
}

/** The round whose figures stand for the method's last word: splits of earlier versions have their rounds alone. */
const lastRound = 'round = 0 DESC, round DESC';

export async function insertPosteriors(
  session: StoreSession,
  clustering: number,
  k: number,
  { documents, rounds, posteriors: last }: SplitRows,
): Promise<void> {
  const ended = last === undefined ? [] : [{ round: 0, posteriors: last }];
  for (const { round, posteriors } of [...rounds, ...ended]) {
    await session.append('posteriors', documents.length, [
      () => clustering,
      () => round,
      (row) => row,
      (row) => documents[row],
      (row) => posteriors.subarray(row * k, (row + 1) * k),
    ]);
  }
}

/** Those of the documents at the places `offset`, `offset` + 1, …, of one round. */
export async function posteriorsOfRound(
  session: StoreSession,
  clustering: number,
  k: number,
  { round, offset, limit }: PageRequest & { readonly round: number },
): Promise<Posteriors> {
  const from = `FROM posteriors WHERE clustering = ${clustering} AND round = ${round}`;
  const total = await countOf(session, from);
  const size = Math.max(0, Math.min(limit, total - offset));
  const documents = new Int32Array(size);
  const posteriors = new Float32Array(size * k);
  const page = `${from} AND place >= ${offset} AND place < ${offset + size} ORDER BY place`;
  let row = 0;
  for await (const chunk of session.chunks(`SELECT document ${page}`)) {
    copyColumn(chunk, 0, documents, row);
    row += chunk.rowCount;
  }
  let value = 0;
  for await (const chunk of session.chunks(`SELECT unnest(p) FROM (SELECT p ${page})`)) {
    copyColumn(chunk, 0, posteriors, value);
    value += chunk.rowCount;
  }
  return { total, k, documents, posteriors };
}

/** What the method ended with, piles that people merged counted as one; undefined where it gave none. */
export async function lastPosteriors(
  session: StoreSession,
  clustering: number,
  k: number,
): Promise<Posteriors | undefined> {
  const query = `SELECT round FROM posteriors WHERE clustering = ? ORDER BY ${lastRound} LIMIT 1`;
  const last = await session.first(z.object({ round: z.int() }), query, [clustering]);
  if (last === undefined) return undefined;
  const found = await posteriorsOfRound(session, clustering, k, { ...last, offset: 0, limit: Infinity });
  const homes = await homesOf(session, clustering, k);
  for (let from = 0; from < found.posteriors.length; from += k) {
    found.posteriors.set(united(found.posteriors.subarray(from, from + k), homes), from);
  }
  return found;
}

/** The same of one document, [k]. */
export async function lastPosteriorsOf(
  session: StoreSession,
  clustering: number,
  document: number,
): Promise<number[] | undefined> {
  const query = `SELECT p FROM posteriors WHERE clustering = ? AND document = ? ORDER BY ${lastRound} LIMIT 1`;
  const found = await session.first(z.object({ p: z.array(z.number()) }), query, [clustering, document]);
  return found && Array.from(united(found.p, await homesOf(session, clustering, found.p.length)));
}

/**
 * Makes the confidence of the documents of some piles what the merges say that stand: the sum over what became one pile. Those that
 * somebody moved keep what the method said of its own pile, and so do splits of earlier versions.
 */
export async function combineConfidence(
  session: StoreSession,
  clustering: number,
  k: number,
  piles: readonly number[],
): Promise<void> {
  const homes = await homesOf(session, clustering, k);
  for (const pile of piles) {
    const parts = homes.flatMap((home, part) => (home === pile ? [`p[${part + 1}]`] : []));
    if (parts.length === 0) continue;
    await session.run(
      `UPDATE assignments SET confidence = least(1, ${parts.join(' + ')}) FROM posteriors
       WHERE assignments.clustering = ? AND pile = ? AND NOT moved AND round = 0
         AND posteriors.clustering = assignments.clustering AND posteriors.document = assignments.document`,
      [clustering, pile],
    );
  }
}

/** The pile in which each pile's documents are after the merges that stand, [k]: its own number where nobody merged it. */
async function homesOf(session: StoreSession, clustering: number, k: number): Promise<number[]> {
  const query = `
    SELECT pile, other FROM pile_changes WHERE clustering = ? AND kind = 'merge'
      AND batch IN (SELECT batch FROM moves WHERE clustering = ? AND NOT undone) ORDER BY batch`;
  const merges = await session.rows(z.object({ pile: z.int(), other: z.int() }), query, [clustering, clustering]);
  return merges.reduce(
    (homes, { pile, other }) => homes.map((home) => (home === pile ? other : home)),
    Array.from({ length: k }, (_, pile) => pile),
  );
}

function united(posteriors: ArrayLike<number>, homes: readonly number[]): Float32Array {
  const sums = new Float32Array(posteriors.length);
  homes.forEach((home, pile) => (sums[home] += posteriors[pile]));
  return sums;
}

export function copyColumn(chunk: DuckDBDataChunk, column: number, into: Int32Array | Float32Array, at: number): void {
  const vector = chunk.getColumnVector(column);
  for (let i = 0; i < chunk.rowCount; i++) into[at + i] = Number(vector.getItem(i));
}
