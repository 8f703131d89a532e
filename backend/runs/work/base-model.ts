import { LanguageModel } from '../../model/language-model';
import { modelFolder } from '../../protocol/package-folder';
import { hashModel } from './job';

/** The base model of a run with the hash of its files. */
export async function openModel(name: string): Promise<{ model: LanguageModel; sha256: string }> {
  const folder = await modelFolder(name);
  return { model: await LanguageModel.open(folder), sha256: await hashModel(folder) };
}
