/**
 * Documents by what they would teach the base model: the gradient of each, of an adapter that has learned nothing yet (ELREA: arXiv
 * 2502.00089; GradientSpace: arXiv 2512.06678). An expert that makes one small step on the documents of a pile gains on another document,
 * to first order, the inner product of both gradients: piles of gradients that point the same way are hard EM with experts that have
 * made one step.
 */
import { offer } from '../../../../base/checkpoint';
import { pause, type Watch } from '../../../../base/progress';
import { createRandom } from '../../../../base/random';
import { createAdapters } from '../../../../model/adapters/adapter';
import type { LanguageModel } from '../../../../model/language-model';
import { TextGradients } from '../../../../model/training/text-gradients';
import { addScaled, type DenseRows, rowOf } from '../../../features/dense';
import { type FloatRows, fullMatrix, projectRows, rightSingularVectors } from '../../../features/svd';
import { dampened } from '../log-bias/predictions';
import { gradientAdapter, learnedFrom, slots } from './shape';

/** Directions in which gradients differ most, by which documents are compared, for each pile. */
const directionsPerPile = 3;
/** Documents beyond those that directions are learned from, whose gradients are held at once. */
const othersTogether = 8 * slots;

/**
 * Vectors of length 1 [N, r], zero where a document has no token; `documents` are each with its prefix token. Directions are learned from
 * `together` of them: as many as memory holds, where nothing is said.
 */
export async function gradientFeatures(
  model: LanguageModel,
  documents: readonly Int32Array[],
  {
    k,
    seed,
    together = learnedFrom(model.config, documents.length),
  }: { readonly k: number; readonly seed: number; readonly together?: number },
  watch: Watch,
): Promise<DenseRows> {
  const adapter = createAdapters(model.config, gradientAdapter(model.config, documents.length), { count: 1, seed });
  const length = Math.max(1, ...documents.map((tokens) => tokens.length - 1));
  const reader = await TextGradients.open(model, adapter, { slots, length });
  try {
    const all = Array.from(documents.keys());
    const order = createRandom(seed, 91).shuffle(all);
    const read = (part: readonly number[], before: number) => readGradients(reader, { documents, part, before }, watch);
    const learned = order.slice(0, together);
    const gradients = await read(learned, 0);
    const spread = standardiseAll(gradients);
    await pause(watch);
    const turn = leadingDirections(gradients, { k, seed });
    const { width } = turn;
    const values = new Float64Array(documents.length * width);
    const place = (part: readonly number[], rows: DenseRows): void =>
      part.forEach((d, i) => values.set(rowOf(rows, i), d * width));
    place(learned, projectRows(fullMatrix(gradients), turn));
    for (let at = together; at < order.length; at += othersTogether) {
      const others = order.slice(at, at + othersTogether);
      const rows = await read(others, at);
      standardise(rows, spread);
      place(others, projectRows(fullMatrix(rows), turn));
    }
    return { count: documents.length, width, values };
  } finally {
    await reader.dispose();
  }
}

interface Part {
  readonly documents: readonly Int32Array[];
  /** Those that are read. */
  readonly part: readonly number[];
  /** How many were read before. */
  readonly before: number;
}

/** Gradients of some documents. What repeats in a document counts less and less, as it does for log-bias experts. [part, P] */
async function readGradients(
  reader: TextGradients,
  { documents, part, before }: Part,
  watch: Watch,
): Promise<FloatRows> {
  const { width } = reader;
  const values = new Float32Array(part.length * width);
  const stage = 'Gradients of the documents';
  const key = `gradients from ${before}`;
  const kept = watch.checkpointer?.load(key) as { readonly done: number; readonly values: Float32Array } | undefined;
  if (kept !== undefined) values.set(kept.values);
  // Those of like length together: the shorter ones are filled up.
  const order = Array.from(part.keys()).sort((a, b) => documents[part[a]].length - documents[part[b]].length);
  for (let done = kept?.done ?? 0; done < order.length;) {
    const rows = order.slice(done, done + slots);
    const found = await reader.run(
      rows.map((row) => {
        const tokens = documents[part[row]];
        return { tokens, weights: dampened(tokens.subarray(1)).weights };
      }),
    );
    rows.forEach((row, i) => values.set(found.subarray(i * width, (i + 1) * width), row * width));
    done += rows.length;
    watch.report({ stage, done: before + done, total: documents.length, unit: 'documents' });
    await pause(watch);
    const at = done;
    await offer(watch, key, () => ({ done: at, values }));
  }
  return { count: part.length, width, values };
}

/** What gradients are measured by [P]: how large each of its numbers is, and what the directions of all gradients have in common. */
interface Spread {
  readonly sizes: Float64Array;
  readonly means: Float64Array;
}

/** In place: `standardise` with what these rows themselves are spread by, which is given back. */
function standardiseAll(rows: FloatRows): Spread {
  const { count, width, values } = rows;
  const squares = new Float64Array(width);
  for (let at = 0; at < values.length; at++) squares[at % width] += values[at] ** 2 / count;
  const sizes = squares.map(Math.sqrt);
  eachRow(rows, (own) => scaleToUnit(own, sizes));
  const means = new Float64Array(width);
  for (let at = 0; at < values.length; at++) means[at % width] += values[at] / count;
  eachRow(rows, (own) => centre(own, means));
  return { sizes, means };
}

/**
 * In place: every number of a gradient counts as much as another, as it does in the steps of Adam, which divide it by its size (so LESS
 * has it: Xia et al. 2024), otherwise a few that are large for every text decide; a long document has no more to say than a short one;
 * and what all documents share says nothing of any. Rows are of length 1, or zero where they were.
 */
function standardise(rows: FloatRows, { sizes, means }: Spread): void {
  eachRow(rows, (own) => {
    scaleToUnit(own, sizes);
    centre(own, means);
  });
}

function eachRow({ width, values }: FloatRows, change: (own: Float32Array) => void): void {
  for (let from = 0; from < values.length; from += width) {
    const own = values.subarray(from, from + width);
    if (own.some((value) => value !== 0)) change(own);
  }
}

function scaleToUnit(own: Float32Array, sizes: Float64Array): void {
  for (let i = 0; i < own.length; i++) own[i] = sizes[i] > 0 ? own[i] / sizes[i] : 0;
  makeUnit(own);
}

function centre(own: Float32Array, means: Float64Array): void {
  for (let i = 0; i < own.length; i++) own[i] -= means[i];
  makeUnit(own);
}

function makeUnit(own: Float32Array): void {
  let square = 0;
  for (const value of own) square += value * value;
  const length = Math.sqrt(square);
  if (length > 0) for (let i = 0; i < own.length; i++) own[i] /= length;
}

/** The directions in which gradients differ most [P, r], evened. */
export function leadingDirections(
  gradients: FloatRows,
  { k, seed }: { readonly k: number; readonly seed: number },
): DenseRows {
  return evened(gradients, rightSingularVectors(fullMatrix(gradients), directionsPerPile * k, seed));
}

/** Directions [P, r], each divided by how far the rows reach along it: a domain with few documents is seen as well as one with many. */
function evened(rows: FloatRows, vectors: DenseRows): DenseRows {
  const along = fullMatrix(rows).times(vectors);
  const squares = new Float64Array(along.width);
  for (let row = 0; row < along.count; row++) {
    const own = rowOf(along, row);
    addScaled(
      squares,
      0,
      own.map((value) => value * value),
      0,
      1 / along.count,
      along.width,
    );
  }
  const { width } = vectors;
  return { ...vectors, values: vectors.values.map((value, i) => value / Math.sqrt(squares[i % width])) };
}
