import type { RunSpec } from '../protocol/run';
import type { Dataset, ExpertSet } from '../protocol/records';
import { UserError } from '../protocol/errors';
import type { RunInputs } from '../runs/run-files';
import type { Store } from '../store/store';

/** What a run reads from the project, as it is now. Throws UserError where something that it names is not there. */
export async function prepare(store: Store, spec: RunSpec): Promise<RunInputs> {
  switch (spec.kind) {
    case 'import':
    case 'import-questions':
      return {};
    case 'split': {
      const dataset = await store.datasets.get(spec.dataset);
      requireDocuments(dataset.documents.train, spec.k);
      return { dataset };
    }
    case 'compare':
      return { dataset: await store.datasets.get(spec.dataset) };
    case 'train':
      return clusteringInputs(store, spec.clustering);
    case 'mix': {
      const experts = await store.experts.get(spec.experts);
      return { ...(await clusteringInputs(store, experts.clustering)), experts };
    }
    case 'evaluate': {
      const experts = await store.experts.get(spec.experts);
      const mixer = await store.mixers.get(spec.mixer);
      if (mixer.experts !== experts.id) {
        throw new UserError(
          `The mixer ${mixer.id} weighs other experts than ${experts.id}.`,
          'Train a mixer: polymath mix.',
        );
      }
      const dataset = await datasetOf(store, experts, spec.dataset);
      return { dataset, experts, weights: await store.mixers.weights(mixer.id) };
    }
  }
}

async function clusteringInputs(store: Store, id: string): Promise<RunInputs> {
  const clustering = await store.clusterings.get(id);
  const dataset = await store.datasets.get(clustering.dataset);
  return { dataset, clustering, assignments: await store.clusterings.assignments(id) };
}

async function datasetOf(store: Store, experts: ExpertSet, named: string | undefined): Promise<Dataset> {
  return store.datasets.get(named ?? (await store.clusterings.get(experts.clustering)).dataset);
}

/** Refused before the run begins: nobody should wait for a mistake in two numbers. */
function requireDocuments(documents: number, k: number): void {
  if (documents < k) throw new UserError(`${documents} documents cannot fill ${k} piles.`, 'Ask for fewer piles.');
}
