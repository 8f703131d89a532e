/** Hidden states with the pile of each: what probes learn from. */
import type { Watch } from '../../base/progress';
import { createRandom } from '../../base/random';
import { scoringBatches } from '../../model/score';
import { readersOf, readHere, type StatesOf } from '../reading';
import type { FitEvidence } from '../weighting';

/** Hidden states with the pile of each position's document, and the number of tokens before it. */
export interface Examples {
  /** [k, positions, D]; those of the base model [1, positions, D]. */
  readonly hidden: Float32Array;
  readonly whose: StatesOf;
  readonly piles: Int32Array;
  readonly ages: Int32Array;
  readonly k: number;
  readonly D: number;
}

export const positionsPerDocument = 32;

/** Hidden states at random positions of the training documents, `positions` of them in all: of every expert, or of the base model. */
export async function collectExamples(
  { model, stack, seed, training, reading = readHere(model, stack) }: Omit<FitEvidence, 'shares' | 'validation'>,
  { positions, whose }: { readonly positions: number; readonly whose: StatesOf },
  watch: Watch,
): Promise<Examples> {
  const { documents, piles } = training;
  const random = createRandom(seed, 31);
  const k = stack.count;
  const chosen = chooseDocuments(training, k, { positions, seed });
  // In the order in which they are read, so that whoever reads part of them reads the same batches.
  const inOrder = [
    ...scoringBatches(
      chosen.map((d) => documents[d]),
      readersOf(stack, whose).count,
    ),
  ]
    .flat()
    .map((i) => chosen[i]);
  const places = inOrder.map((d) => {
    const all = Array.from({ length: documents[d].length - 1 }, (_, t) => t);
    return Int32Array.from(random.shuffle(all).slice(0, positionsPerDocument));
  });
  let read = 0;
  const onRead = (sequences: number): void => {
    watch.signal.throwIfAborted();
    read += sequences;
    watch.report({ stage: 'Reading hidden states', done: read, total: inOrder.length, unit: 'documents' });
  };
  const hidden = await reading.hidden(
    whose,
    inOrder.map((d) => documents[d]),
    places,
    onRead,
  );
  const labels = inOrder.flatMap((d, i) => new Array<number>(places[i].length).fill(piles[d]));
  const ages = Int32Array.from(places.flatMap((some) => [...some]));
  return { hidden, whose, piles: Int32Array.from(labels), ages, k, D: model.config.hiddenSize };
}

/** As many documents of each pile as there are, up to an equal share: small piles must be seen too. */
function chooseDocuments(
  { documents, piles }: FitEvidence['training'],
  k: number,
  { positions, seed }: { positions: number; seed: number },
): number[] {
  const random = createRandom(seed, 32);
  const wanted = Math.ceil(positions / positionsPerDocument / k);
  return Array.from({ length: k }, (_, e) => {
    const members = Array.from(documents.keys()).filter((d) => piles[d] === e && documents[d].length > 1);
    return random.shuffle(members).slice(0, wanted);
  }).flat();
}
