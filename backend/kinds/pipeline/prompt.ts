/** What is asked first of new experts, and whom: the beginning of a text that they have not learned from. Free of schemas. */
import type { Backend } from '../../protocol/messages';

/** Words of a prompt, characters of a text that is long enough, and rows that are looked at. */
const [words, long, looked] = [12, 200, 20];

/** The beginning of a held-out document of the dataset, long enough to go on from; of any where none is. */
export async function promptToTry(backend: Pick<Backend, 'call'>, dataset: string): Promise<string> {
  for (const side of ['test', 'validation', 'train'] as const) {
    const { items } = await backend.call('documents/list', { dataset, side, duplicates: 'without', limit: looked });
    const found = items.find(({ length }) => length > long) ?? items[0];
    if (found === undefined) continue;
    const { text } = await backend.call('documents/get', { dataset, index: found.index });
    return beginningOf(text);
  }
  return '';
}

/** The name by which the newest mixture of these experts is asked. */
export async function mixtureOf(backend: Pick<Backend, 'call'>, experts: string): Promise<string> {
  const models = await backend.call('models/list', {});
  return models.find((model) => model.experts === experts && /^mixture(@|$)/.test(model.id))?.id ?? 'mixture';
}

/** The first words of a text, or half of it where it is short. */
export function beginningOf(text: string): string {
  const all = [...text.trimStart().matchAll(/\S+/g)];
  const last = all[Math.min(words, Math.ceil(all.length / 2)) - 1];
  return last === undefined ? '' : text.trimStart().slice(0, last.index + last[0].length);
}
