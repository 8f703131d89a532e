import { hashModel } from '../../model/weights/fingerprint';
import { LanguageModel } from '../../model/language-model';
import { findModel } from '../../model-files/source';
import type { Job } from '../../engine/job';

/** A base model with the hash of its files. */
export interface OpenedModel {
  readonly model: LanguageModel;
  readonly sha256: string;
}

/** The base model that a run names. */
export async function openModel(
  name: string,
  { device, watch, counted }: Pick<Job, 'device' | 'watch' | 'counted'>,
): Promise<OpenedModel> {
  const found = await findModel(name, watch);
  return {
    model: await LanguageModel.open(found.folder, { name: found.name, device, counted }),
    sha256: await hashModel(found.folder),
  };
}
