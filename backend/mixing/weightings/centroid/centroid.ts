import { z } from 'zod';
import { UserError } from '../../../base/errors';
import { logSoftmaxOf } from '../../../model/decoding/sampling';
import { lengthOfWholeWords, wordsIn } from '../../../split/features/words';
import { encodeSpace, readSpace, type SplitSpace } from '../../../split/space';
import { meanNll } from '../../evidence';
import { readHere } from '../../reading';
import { bestTemperature } from '../../temperature';
import type { FittedWeighting, Weighting, WeightReader } from '../../weighting';
import { centroidData, type centroidSettings } from './settings';

const schema = z.object({
  temperature: z.number().positive(),
  space: z.string(),
  /** Of the experts, where some piles have none; absent in mixers of version 0.1.0. */
  piles: z.array(z.int().nonnegative()).optional(),
});

/** Softmax of −distance² / T of the text so far to the centroids of the piles, T = 0.1: c-BTM (Gururangan et al. 2023). */
export const centroid: Weighting<typeof centroidSettings> = {
  ...centroidData,
  fit: async (given, watch, { temperature = 0.1, fitTemperature = false }) => {
    const { model, stack, validation, space: place, reading = readHere(model, stack) } = given;
    if (place !== undefined) {
      const space = await place.read();
      const at = (one: number): FittedWeighting => centroidWeights(space, one, place);
      if (!fitTemperature) return { weighting: at(temperature) };
      const texts = await reading.evidence(validation, at(temperature), () => watch.signal.throwIfAborted());
      return { weighting: at(bestTemperature((one) => meanNll(at(one), texts), { from: 0.001, to: 10 }).temperature) };
    }
    throw new UserError('The piles of this split have no centroids.', 'Split by k-means on words.');
  },
  open: async (json, read) => {
    const { temperature, space: file, piles } = schema.parse(json);
    return centroidWeights(await readSpace(read, file), temperature, { file, piles });
  },
};

function centroidWeights(
  space: SplitSpace,
  temperature: number,
  { file, piles }: { readonly file?: string; readonly piles?: readonly number[] | undefined },
): FittedWeighting {
  const { words, directions } = space;
  const r = directions.length / words.length;
  const centroids =
    piles === undefined
      ? space.centroids
      : Float64Array.from(piles.flatMap((pile) => [...space.centroids.subarray(pile * r, (pile + 1) * r)]));
  const columns = new Map(words.map((word, column) => [word, column]));
  return {
    k: centroids.length / r,
    needs: { text: true },
    memory: 'text',
    figures: { temperature },
    start: () => nearness({ ...space, centroids, columns, r, temperature }),
    toJson: () => ({ weighting: centroid.name, temperature, space: file, piles }),
    files: () => (file === undefined ? {} : { [file]: encodeSpace(space) }),
  };
}

/** Tf-idf of the words so far in the space's directions; a word counts once it has ended. */
function nearness({
  idf,
  directions,
  centroids,
  columns,
  r,
  temperature,
}: SplitSpace & { columns: ReadonlyMap<string, number>; r: number; temperature: number }): WeightReader {
  const k = centroids.length / r;
  const counts = new Map<number, number>();
  const place = new Float64Array(r);
  const lengths = Float64Array.from({ length: k }, (_, e) => dot(centroids, e * r, centroids, e * r, r));
  const add = (word: string): void => {
    const column = columns.get(word);
    if (column === undefined) return;
    const count = counts.get(column) ?? 0;
    counts.set(column, count + 1);
    // The weight of a word is (1 + ln count) · idf.
    const more = idf[column] * (count === 0 ? 1 : Math.log((count + 1) / count));
    for (let i = 0; i < r; i++) place[i] += more * directions[column * r + i];
  };
  let unfinished = '';
  return ({ text }) => {
    const growing = unfinished + text;
    const whole = lengthOfWholeWords(growing);
    unfinished = growing.slice(whole);
    for (const word of wordsIn(growing.slice(0, whole))) add(word);
    const length = Math.sqrt(dot(place, 0, place, 0, r));
    // A text without a known word lies nowhere: every expert has the same say.
    const scores = lengths.map((squared, e) =>
      length === 0 ? 0 : -Math.max(0, 1 + squared - (2 * dot(place, 0, centroids, e * r, r)) / length) / temperature,
    );
    return logSoftmaxOf(scores, 0, k);
  };
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, n: number): number {
  let sum = 0;
  for (let at = 0; at < n; at++) sum += a[i + at] * b[j + at];
  return sum;
}
