import type { Polymath } from '../polymath';
import { askConsent, editorModelNamed } from './models';

/** A model of the editor is asked by the backend, with the user's consent; there is nothing to do for other guides. */
export async function prepareGuide(
  { extension, guide }: Pick<Polymath, 'extension' | 'guide'>,
  name: unknown,
): Promise<void> {
  if (typeof name !== 'string' || !name.startsWith('editor:')) return;
  await askConsent(extension, await editorModelNamed(name.slice('editor:'.length)));
  await guide.offer();
}
