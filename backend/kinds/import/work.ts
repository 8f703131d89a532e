import { join } from 'node:path';
import { importCorpus } from '../../corpus/import/import-corpus';
import type { Job } from '../../engine/job';
import type { Outcome } from '../../protocol/outcome';
import { hasIndex, indexDataset } from '../../search/write-index';
import { importOptions } from './work-options';
import type { ImportSpec } from './spec';

export async function importDataset({ spec, project, watch }: Job<ImportSpec>): Promise<Outcome> {
  const dataset = await importCorpus(importOptions(spec), join(project, 'datasets'), watch);
  // What was imported before keeps the index that it has.
  if (await hasIndex(dataset.id, project)) return { result: dataset.id, dataset };
  await indexDataset(dataset, project, watch);
  return { result: dataset.id, dataset, index: dataset.id };
}
