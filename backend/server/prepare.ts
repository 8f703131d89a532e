import { isThere } from '../base/files';
import type { MergeSpec, RunSpec, SplitSpec } from '../protocol/run';
import type { Dataset, ExpertSet } from '../protocol/records';
import { UserError } from '../base/errors';
import type { RunInputs } from '../engine/run-files';
import type { Store } from '../store/store';
import { chosenUnions } from './unions';

const mostLinks = 1_000_000;

/** What a run reads from the project, as it is now. Throws UserError where something that it names is not there. */
export async function prepare(store: Store, spec: RunSpec): Promise<RunInputs> {
  switch (spec.kind) {
    case 'import':
    case 'import-questions':
    case 'pull':
      return {};
    case 'split':
      return splitInputs(store, spec);
    case 'compare':
      return { ...(await datasetInputs(store, spec.dataset)), ...(await linksOf(store, spec.dataset)) };
    case 'import-experts':
      return spec.clustering === undefined ? {} : { clustering: await store.clusterings.get(spec.clustering) };
    case 'train':
      return clusteringInputs(store, spec.clustering);
    case 'mix': {
      const experts = await store.experts.get(spec.experts);
      if (experts.clustering === undefined) {
        throw new UserError(
          `A mixer learns from the piles that its experts were trained on, and ${experts.name} belong to no split.`,
          'Let them answer with equal weights (polymath ask --uniform), or import them with --split.',
        );
      }
      return { ...(await clusteringInputs(store, experts.clustering)), experts };
    }
    case 'evaluate': {
      const experts = await store.experts.get(spec.experts);
      const inputs = { ...(await datasetInputs(store, await datasetOf(store, experts, spec.dataset))), experts };
      if (spec.mixer === undefined) return inputs;
      const mixer = await store.mixers.get(spec.mixer);
      if (mixer.experts !== experts.id) {
        throw new UserError(
          `The mixer ${mixer.id} weighs other experts than ${experts.id}.`,
          'Train a mixer: polymath mix.',
        );
      }
      return { ...inputs, weights: await store.mixers.weights(mixer.id) };
    }
    case 'merge':
      return { experts: await mergeable(store, spec) };
  }
}

/** Refused before the run begins: a folder that is there, and experts that are not. */
async function mergeable(store: Store, { experts: id, weights, path }: MergeSpec): Promise<ExpertSet> {
  if (await isThere(path)) throw new UserError(`${path} is there already.`, 'Choose another name, or move it away.');
  const set = await store.experts.get(id);
  const letters = set.experts.map(({ letter }) => letter);
  const stranger = weights.find(({ letter }) => !letters.includes(letter));
  if (stranger === undefined) return set;
  throw new UserError(`There is no expert ${stranger.letter} in ${id}.`, `Choose among ${letters.join(', ')}.`);
}

async function linksOf(store: Store, dataset: string): Promise<Pick<RunInputs, 'links'>> {
  const { items } = await store.links.list(dataset, { offset: 0, limit: mostLinks });
  return items.length === 0 ? {} : { links: items };
}

/** With what people said of the documents, and the piles or experts to begin with. */
async function splitInputs(store: Store, spec: SplitSpec): Promise<RunInputs> {
  const { dataset, from } = spec;
  const inputs = from === undefined ? await freshInputs(store, spec) : await continuedInputs(store, spec, from);
  return { ...inputs, ...(await linksOf(store, dataset)) };
}

async function freshInputs(store: Store, spec: SplitSpec): Promise<RunInputs> {
  if (spec.undoUnions !== undefined || spec.divide !== undefined) {
    throw new UserError('A union or a pile belongs to a split.', 'Name it: --from split-…');
  }
  const inputs = await datasetInputs(store, spec.dataset);
  const experts = spec.experts === undefined ? undefined : await beginningExperts(store, spec.experts, spec);
  requireDocuments(inputs.dataset.documents.train, experts?.experts.length ?? spec.k);
  return { ...inputs, ...(experts && { experts }) };
}

async function continuedInputs(store: Store, spec: SplitSpec, from: string): Promise<RunInputs> {
  const { dataset: id, experts, method, undoUnions } = spec;
  if (method === 'random' || method === 'gold') {
    throw new UserError(
      `A ${method} split begins with no piles.`,
      'Go on from a split with em, unigram or kmeans, or leave it out.',
    );
  }
  if (experts !== undefined) throw new UserError('Piles begin with a split or with experts.', 'Leave out one of them.');
  const inputs = await clusteringInputs(store, from);
  const pinned = await store.pins.of(from);
  if (inputs.dataset.id !== id) {
    if (undoUnions === undefined) return inAnotherDataset(store, inputs, { id, pinned });
    throw new UserError(`${from} has its unions for its own dataset alone.`, `Leave out ${id}.`);
  }
  if (undoUnions === undefined) return { ...inputs, pinned };
  return { ...inputs, pinned, unions: await chosenUnions(store, inputs.clustering, undoUnions) };
}

/** Experts that a split begins with. */
async function beginningExperts(
  store: Store,
  id: string,
  { method, proxyLayers, start }: SplitSpec,
): Promise<ExpertSet> {
  const experts = await store.experts.get(id);
  if (method !== 'em') throw new UserError('Experts judge by perplexity.', 'Choose the method em.');
  if (start !== undefined) throw new UserError('A split begins in one way.', 'Leave out the start, or the experts.');
  if (proxyLayers === undefined) return experts;
  throw new UserError('Trained experts need all layers of their base model.', 'Leave out the number of layers.');
}

/** The piles of a split for the documents of another dataset that have the same texts. */
async function inAnotherDataset(
  store: Store,
  { dataset, clustering, assignments }: ClusteringInputs,
  other: { readonly id: string; readonly pinned: Int32Array },
): Promise<RunInputs> {
  const inputs = await datasetInputs(store, other.id);
  const places = await store.documents.samePlaces(dataset.id, other.id);
  const rows = Array.from(assignments.documents.keys()).filter((row) => places.has(assignments.documents[row]));
  if (rows.length === 0) {
    throw new UserError(
      `None of the documents of ${clustering.id} is in ${other.id}.`,
      'Go on from a split whose documents are among those of the dataset.',
    );
  }
  const placeOf = (document: number): number => places.get(document) ?? -1;
  return {
    ...inputs,
    clustering,
    assignments: {
      documents: Int32Array.from(rows, (row) => placeOf(assignments.documents[row])),
      piles: Int32Array.from(rows, (row) => assignments.piles[row]),
    },
    pinned: other.pinned.map(placeOf).filter((place) => place >= 0),
  };
}

type ClusteringInputs = Required<Pick<RunInputs, 'dataset' | 'clustering' | 'assignments'>> & RunInputs;

/** A dataset and what a person took out of it. */
async function datasetInputs(store: Store, id: string): Promise<{ dataset: Dataset; excluded?: Int32Array }> {
  const dataset = await store.datasets.get(id);
  const excluded = await store.exclusions.of(id);
  return excluded.length === 0 ? { dataset } : { dataset, excluded };
}

async function clusteringInputs(store: Store, id: string): Promise<ClusteringInputs> {
  const clustering = await store.clusterings.get(id);
  const inputs = await datasetInputs(store, clustering.dataset);
  const { documents, piles } = await store.clusterings.assignments(id);
  const excluded = new Set(inputs.excluded);
  const takesPart = (_: number, row: number): boolean => !excluded.has(documents[row]);
  const assignments = { documents: documents.filter(takesPart), piles: piles.filter(takesPart) };
  return { ...inputs, clustering, assignments };
}

async function datasetOf(store: Store, experts: ExpertSet, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  if (experts.clustering !== undefined) return (await store.clusterings.get(experts.clustering)).dataset;
  throw new UserError(
    `${experts.name} belong to no split, so no dataset is theirs.`,
    'Name a dataset to judge them on.',
  );
}

/** Refused before the run begins: nobody should wait for a mistake in two numbers. */
function requireDocuments(documents: number, k: number): void {
  if (documents < k) throw new UserError(`${documents} documents cannot fill ${k} piles.`, 'Ask for fewer piles.');
}
