/** Hidden states of experts with the pile of each: what probes learn from. */
import type { Watch } from '../base/progress';
import { createRandom } from '../base/random';
import { type ScoredBatch, scoreBatches } from '../model/score';
import type { FitEvidence } from './weighting';

/** Hidden states [k, positions, D] with the pile of each position's document. */
export interface Examples {
  readonly hidden: Float32Array;
  readonly piles: Int32Array;
  readonly k: number;
  readonly D: number;
}

const positionsPerDocument = 32;

/** Hidden states of every expert at random positions of the training documents, `positions` of them in all. */
export async function collectExamples(
  { model, stack, seed, training }: Pick<FitEvidence, 'model' | 'stack' | 'seed' | 'training'>,
  positions: number,
  watch: Watch,
): Promise<Examples> {
  const { documents, piles } = training;
  const random = createRandom(seed, 31);
  const k = stack.count;
  const D = model.config.hiddenSize;
  const chosen = chooseDocuments(training, k, { positions, seed });
  const capacity = chosen.length * positionsPerDocument;
  const hidden = new Float32Array(k * capacity * D);
  const labels = new Int32Array(capacity);
  let filled = 0;
  const sequences = chosen.map((d) => documents[d]);
  const visit = (batch: ScoredBatch): void => {
    watch.signal.throwIfAborted();
    const states = batch.hidden ?? new Float32Array(0);
    batch.indices.forEach((index, row) => {
      const length = sequences[index].length - 1;
      for (const t of random.shuffle(Array.from({ length }, (_, i) => i)).slice(0, positionsPerDocument)) {
        for (let e = 0; e < k; e++) {
          const from = ((e * batch.indices.length + row) * batch.T + t) * D;
          hidden.set(states.subarray(from, from + D), (e * capacity + filled) * D);
        }
        labels[filled++] = piles[chosen[index]];
      }
    });
    watch.report({ stage: 'Reading hidden states', done: filled, total: capacity, unit: 'positions' });
  };
  await scoreBatches(model, sequences, stack, visit, { hidden: true });
  const kept = new Float32Array(k * filled * D);
  for (let e = 0; e < k; e++) kept.set(hidden.subarray(e * capacity * D, (e * capacity + filled) * D), e * filled * D);
  return { hidden: kept, piles: labels.subarray(0, filled), k, D };
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
