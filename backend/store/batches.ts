import { z } from 'zod';
import { required } from './record-table';
import type { Session } from './session';

/** The number of the next request that changes labels, and that of the latest move. */
export async function nextBatch(session: Session): Promise<{ readonly batch: number; readonly sequence: number }> {
  const query = `
    SELECT (SELECT coalesce(max(sequence), 0) FROM moves) AS sequence,
      1 + greatest((SELECT coalesce(max(batch), 0) FROM moves), (SELECT coalesce(max(batch), 0) FROM pins)) AS batch`;
  return required(session.first(z.object({ batch: z.int(), sequence: z.int() }), query));
}
