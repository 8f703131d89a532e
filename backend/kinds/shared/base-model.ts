import { hashModel } from '../../model/weights/fingerprint';
import { LanguageModel } from '../../model/language-model';
import { findModel } from '../../model-files/source';
import type { Job } from '../../engine/job';

/** The base model that a run names, with the hash of its files. */
export async function openModel(
  name: string,
  { device, watch, counted }: Pick<Job, 'device' | 'watch' | 'counted'>,
): Promise<{ model: LanguageModel; sha256: string }> {
  const found = await findModel(name, watch);
  return {
    model: await LanguageModel.open(found.folder, { name: found.name, device, counted }),
    sha256: await hashModel(found.folder),
  };
}
