import { createRandom } from '../../../base/random';
import { keepingTo } from '../../constraints/balance';
import { requireDocuments } from '../../result';
import type { SplitMethod } from '../split-method';
import { randomData as data } from './settings';

export const random: SplitMethod = {
  ...data,
  run: ({ corpus, k, seed, groups }) => {
    const drawn = randomPiles(corpus.train.length, k, seed);
    return Promise.resolve({ assignments: keepingTo(groups, drawn, k), settings: {} });
  },
};

/** The control that knows nothing: piles of equal size (±1) at random, [documents]. UserError where documents are fewer than piles. */
export function randomPiles(documents: number, k: number, seed: number): Int32Array {
  requireDocuments(documents, k);
  const order = createRandom(seed).shuffle(Array.from({ length: documents }, (_, i) => i));
  const assignments = new Int32Array(documents);
  order.forEach((document, place) => (assignments[document] = place % k));
  return assignments;
}
