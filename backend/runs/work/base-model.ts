import { hashModel } from '../../model/fingerprint';
import { LanguageModel } from '../../model/language-model';
import { findModel } from '../../model/source';
import type { Watch } from '../../protocol/progress';

/** The base model that a run names, with the hash of its files. */
export async function openModel(name: string, watch: Watch): Promise<{ model: LanguageModel; sha256: string }> {
  const found = await findModel(name, watch);
  return { model: await LanguageModel.open(found.folder, { name: found.name }), sha256: await hashModel(found.folder) };
}
