/** What runs read from a project as it is when they begin: gathered by the coordinator, kept with the run, checked by its process. */
import { z } from 'zod';
import { int32Array } from '../../base/array-schemas';
import { linkRecord } from '../../protocol/labels';
import { type DatasetRecord, splitRecord, datasetRecord, type ExpertSetRecord } from '../../protocol/records';
import type { RunSpec } from '../../protocol/run';
import type { Store } from '../../store/store';

/** A dataset, and the indices of its documents that a person took out of all runs, rising. */
export const datasetInputs = z.object({ dataset: datasetRecord, excluded: int32Array.optional() });
export type DatasetInputs = z.infer<typeof datasetInputs>;

/** What an estimate goes by of a dataset, which need not be there yet. */
export interface PlannedDataset {
  readonly dataset: Pick<DatasetRecord, 'documents' | 'textBytes'>;
}

/** Indices of the documents of a split and their piles, people's moves counted; without what they took out. */
export const assignments = z.object({ documents: int32Array, piles: int32Array });

export const earlierSplit = datasetInputs.extend({ clustering: splitRecord, assignments });
export type EarlierSplit = z.infer<typeof earlierSplit>;

/** What people said of pairs of documents. */
export const linksSchema = z.array(linkRecord).optional();

/** How a kind of run comes to its inputs. */
export interface KindInputs<S, I> {
  readonly schema: z.ZodType<I>;
  /** What a run reads from the project, as it is now. Throws UserError where something that it names is not there. */
  gather(store: Store, spec: S): Promise<I>;
}
/** By kind. A specification was checked before its kind gathers anything for it. */
export type InputsTable = Readonly<Record<string, KindInputs<RunSpec, unknown>>>;

export const noInputs: KindInputs<unknown, unknown> = { schema: z.object({}), gather: () => Promise.resolve({}) };

const mostLinks = 1_000_000;

export async function linksOf(store: Store, id: string): Promise<{ links?: z.infer<typeof linksSchema> }> {
  const { items } = await store.links.list(id, { offset: 0, limit: mostLinks });
  return items.length === 0 ? {} : { links: items };
}

export async function gatherDataset(store: Store, id: string): Promise<DatasetInputs> {
  const found = await store.datasets.get(id);
  await store.files.require('datasets', id);
  const excluded = await store.exclusions.of(id);
  return excluded.length === 0 ? { dataset: found } : { dataset: found, excluded };
}

/** A set of experts whose files are as they were written. */
export async function gatherExperts(store: Store, id: string): Promise<ExpertSetRecord> {
  const found = await store.experts.get(id);
  await store.files.require('experts', id);
  return found;
}

export async function gatherSplit(store: Store, id: string): Promise<EarlierSplit> {
  const found = await store.splits.get(id);
  const inputs = await gatherDataset(store, found.dataset);
  await store.files.require('splits', id);
  const { documents, piles } = await store.splits.assignments(id);
  const excluded = new Set(inputs.excluded);
  const takesPart = (_: number, row: number): boolean => !excluded.has(documents[row]);
  return {
    ...inputs,
    clustering: found,
    assignments: { documents: documents.filter(takesPart), piles: piles.filter(takesPart) },
  };
}
