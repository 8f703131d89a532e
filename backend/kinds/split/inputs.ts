import { formatNumber } from '../../base/format';
import { z } from 'zod';
import { float32Array, int32Array } from '../../base/array-schemas';
import { UserError } from '../../base/errors';
import { type SplitRecord, splitRecord, expertSetRecord } from '../../protocol/records';
import { readUnions, writtenUnion, type WrittenUnion } from '../../engine/unions';
import type { Store } from '../../store/store';
import {
  assignments,
  datasetInputs,
  gatherDataset,
  gatherSplit,
  type KindInputs,
  linksSchema,
  linksOf,
  type EarlierSplit as EarlierSplit,
  gatherExperts,
} from '../shared/inputs';
import { quickUse, requireSide } from '../shared/held-out-side';
import type { SplitSpec } from './spec';

const schema = datasetInputs.extend({
  links: linksSchema,
  /** The split to go on from. */
  clustering: splitRecord.optional(),
  assignments: assignments.optional(),
  /** P(pile | document) of its documents, [N, k], for a division. */
  posteriors: z.object({ documents: int32Array, posteriors: float32Array }).optional(),
  /** Indices of the documents that people keep in its piles. */
  pinned: int32Array.optional(),
  /** Its unions that are taken back, in the order in which they came about. */
  unions: z.array(writtenUnion).optional(),
  /** Trained experts that the piles begin with. */
  experts: expertSetRecord.optional(),
});
export type SplitInputs = z.infer<typeof schema>;

/** With what people said of the documents, and the piles or experts to begin with. */
export const splitInputs: KindInputs<SplitSpec, SplitInputs> = {
  schema,
  gather: async (store, spec) => {
    const { dataset, from } = spec;
    const inputs = from === undefined ? await freshInputs(store, spec) : await continuedInputs(store, spec, from);
    if (spec.quickTokens !== undefined) await requireSide(store, inputs, 'validation', quickUse);
    return { ...inputs, ...(await linksOf(store, dataset)) };
  },
};

async function freshInputs(store: Store, spec: SplitSpec): Promise<SplitInputs> {
  const inputs = await gatherDataset(store, spec.dataset);
  const experts = spec.experts === undefined ? undefined : await gatherExperts(store, spec.experts);
  requireDocuments(inputs.dataset.documents.train, experts?.experts.length ?? spec.k);
  return { ...inputs, ...(experts && { experts }) };
}

/** Refused before the run begins: nobody should wait for a mistake in two numbers. */
function requireDocuments(documents: number, k: number): void {
  if (documents < k)
    throw new UserError(
      `${formatNumber(documents, 'document')} cannot fill ${formatNumber(k, 'pile')}.`,
      'Ask for fewer piles.',
    );
}

async function continuedInputs(
  store: Store,
  { dataset, undoUnions, divide }: SplitSpec,
  from: string,
): Promise<SplitInputs> {
  const inputs = await gatherSplit(store, from);
  const pinned = await store.pins.of(from);
  if (inputs.dataset.id !== dataset) {
    if (undoUnions === undefined) return inAnotherDataset(store, inputs, { id: dataset, pinned });
    throw new UserError(`${from} has its unions for its own dataset alone.`, `Leave out ${dataset}.`);
  }
  if (divide !== undefined) {
    const posteriors = await store.splits.lastPosteriors(from);
    return { ...inputs, pinned, ...(posteriors && { posteriors }) };
  }
  if (undoUnions === undefined) return { ...inputs, pinned };
  return { ...inputs, pinned, unions: await chosenUnions(store, inputs.clustering, undoUnions) };
}

/** The piles of a split for the documents of another dataset that have the same texts. */
async function inAnotherDataset(
  store: Store,
  { dataset, clustering: split, assignments: earlier }: EarlierSplit,
  other: { readonly id: string; readonly pinned: Int32Array },
): Promise<SplitInputs> {
  const inputs = await gatherDataset(store, other.id);
  const places = await store.documents.samePlaces(dataset.id, other.id);
  const rows = Array.from(earlier.documents.keys()).filter((row) => places.has(earlier.documents[row]));
  if (rows.length === 0) {
    throw new UserError(
      `None of the documents of ${split.id} is in ${other.id}.`,
      'Go on from a split whose documents are among those of the dataset.',
    );
  }
  const placeOf = (document: number): number => places.get(document) ?? -1;
  return {
    ...inputs,
    clustering: split,
    assignments: {
      documents: Int32Array.from(rows, (row) => placeOf(earlier.documents[row])),
      piles: Int32Array.from(rows, (row) => earlier.piles[row]),
    },
    pinned: other.pinned.map(placeOf).filter((place) => place >= 0),
  };
}

/** The unions with these numbers, in the order in which they came about. Throws UserError where there is none. */
async function chosenUnions(store: Store, split: SplitRecord, numbers: readonly number[]): Promise<WrittenUnion[]> {
  const unions = await readUnions(store.folder, split);
  if (unions.length === 0) {
    throw new UserError(`No guide made unions for ${split.id}.`, 'Name the split that the guide made: {from}.');
  }
  return [...new Set(numbers)]
    .sort((x, y) => x - y)
    .map((number) => {
      const union = unions.at(number - 1);
      if (union !== undefined) return union;
      throw new UserError(
        `${split.id} has no union ${number}.`,
        `Choose from 1 to ${unions.length}: polymath piles --unions`,
      );
    });
}
