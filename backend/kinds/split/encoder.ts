import { SentenceEncoder } from '../../model/sentence-encoder';
import { findEncoder } from '../../model-files/source';

/** A sentence encoder by its name. Throws UserError where it is not here. */
export async function openEncoder(name: string): Promise<SentenceEncoder> {
  return SentenceEncoder.open(await findEncoder(name));
}
