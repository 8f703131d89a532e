import { z } from 'zod';
import { required } from './record-table';
import type { StoreSession } from './session';

/** Where each change that people can take back is kept: of a clustering, by its place, or of a dataset, by its id. */
const logs = {
  moves: 'clustering',
  pins: 'clustering',
  renames: 'clustering',
  exclusions: 'dataset',
  link_changes: 'dataset',
} as const;
export type Log = keyof typeof logs;
const names = Object.keys(logs) as Log[];

/** The number of the next request that changes something, which counts up over all logs, and that of the latest move. */
export async function nextBatch(session: StoreSession): Promise<{ readonly batch: number; readonly sequence: number }> {
  const highest = names.map((log) => `(SELECT coalesce(max(batch), 0) FROM ${log})`);
  const query = `SELECT (SELECT coalesce(max(sequence), 0) FROM moves) AS sequence, 1 + greatest(${highest.join(', ')}) AS batch`;
  return required(session.first(z.object({ batch: z.int(), sequence: z.int() }), query));
}

export interface Batch {
  readonly log: Log;
  readonly batch: number;
}

/** The latest request that changed a clustering or its dataset and was not taken back. */
export async function latestBatch(
  session: StoreSession,
  place: { readonly clustering: number; readonly dataset: string },
): Promise<Batch | undefined> {
  const each = names.map(
    (log) => `SELECT '${log}' AS log, max(batch) AS batch FROM ${log}
      WHERE ${logs[log]} = ${logs[log] === 'clustering' ? '$1' : '$2'} AND NOT undone`,
  );
  return session.first(
    z.object({ log: z.enum(names), batch: z.int() }),
    `SELECT log, batch FROM (${each.join(' UNION ALL ')}) WHERE batch IS NOT NULL ORDER BY batch DESC LIMIT 1`,
    [place.clustering, place.dataset],
  );
}
