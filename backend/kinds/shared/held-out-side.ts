/** Runs that cannot do without documents of a side say so before anything is computed. */
import { UserError } from '../../base/errors';
import type { DatasetRecord } from '../../protocol/records';
import type { Store } from '../../store/store';
import type { DatasetInputs } from './inputs';

export type HeldOutSide = 'validation' | 'test';

/** Of quick experts, which tell what a split is worth. */
export const quickUse = 'What a split is worth ({quickTokens}) is measured on';

/** Throws UserError where all documents of a side are gone that a run needs. `use`: "A mixer is fitted on". */
export async function requireSide(
  store: Store,
  { dataset, excluded = new Int32Array() }: DatasetInputs,
  side: HeldOutSide,
  use: string,
): Promise<void> {
  const wanted = { dataset: dataset.id, side, excluded: true, offset: 0, limit: 1 } as const;
  const gone = excluded.length === 0 ? 0 : (await store.documents.list(wanted)).total;
  if (dataset.documents[side] - gone <= 0) throw emptySide(dataset, side, use);
}

/** What is told where a side is empty that something needs. */
export function emptySide({ name }: Pick<DatasetRecord, 'name'>, side: HeldOutSide, use: string): UserError {
  return new UserError(
    `${use} ${side} documents, and ${name} has none.`,
    `Import it again with a share for them ({${side}} 0.1); where too few of its texts differ, with more texts.`,
  );
}
