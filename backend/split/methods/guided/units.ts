/** What guided clustering joins: documents, or small clusters of documents that are alike beyond question. */
import { createHash } from 'node:crypto';
import type { Watch } from '../../../base/progress';
import type { Group } from '../../constraints/constraints';
import { addScaled, type DenseRows, rowOf } from '../../features/dense';
import { fitFeatures } from '../../features/word-features';
import { meansOf, runKmeans } from '../kmeans/lloyd';
import { responsibilities } from '../kmeans/responsibilities';
import { inverseDocumentFrequency, tfidf } from '../../features/tfidf';
import { NUMBER } from '../../features/words';
import { buildVocabulary, countWords, type SparseRows, type Vocabulary } from '../../features/word-counts';
import type { Material } from './guide';

/** Documents and characters of each, and words, that a guide is shown of a cluster. */
const [shownDocuments, shownCharacters, shownWords] = [8, 400, 10];

export class Units {
  private constructor(
    private readonly texts: readonly string[],
    /** Vectors of the documents, [N, r]. */
    private readonly rows: DenseRows,
    private readonly weighted: SparseRows,
    private readonly vocabulary: Vocabulary,
    /** Weight of each word in all documents, [V]. */
    private readonly totals: Float64Array,
    /** Documents of each unit. */
    readonly members: readonly (readonly number[])[],
    /** Pairs of units that must not meet, as `a b`. */
    private readonly apart: ReadonlySet<string>,
  ) {}

  /** As many small clusters by k-means, or every document for itself where `count` is 0. Throws UserError as `fitFeatures` does. */
  static async make(
    texts: readonly string[],
    { count, seed, groups, watch }: { count: number; seed: number; groups: readonly Group[]; watch: Watch },
  ): Promise<Units> {
    const { rows } = fitFeatures(texts, seed);
    const vocabulary = buildVocabulary(texts);
    const counts = countWords(texts, vocabulary);
    const weighted = tfidf(counts, inverseDocumentFrequency(counts));
    const alone = count === 0 || count >= texts.length;
    const piles = alone
      ? Int32Array.from(texts, (_, row) => row)
      : (await runKmeans(rows, { k: count, seed, restarts: 1, groups: among(groups), watch })).assignments;
    const members = Array.from({ length: Math.max(...piles) + 1 }, (): number[] => []);
    piles.forEach((pile, row) => members[pile].push(row));
    const filled = members.filter(({ length }) => length > 0);
    const totals = new Float64Array(vocabulary.words.length);
    weighted.columns.forEach((column, cell) => (totals[column] += weighted.values[cell]));
    return new Units(texts, rows, weighted, vocabulary, totals, filled, pairsApart(filled, groups));
  }

  get count(): number {
    return this.members.length;
  }

  /** Whether what people said keeps two clusters of units apart. */
  mayMeet(a: readonly number[], b: readonly number[]): boolean {
    return this.apart.size === 0 || a.every((x) => b.every((y) => !this.apart.has(`${x} ${y}`)));
  }

  documents(units: readonly number[]): number[] {
    return units.flatMap((unit) => this.members[unit]).sort((a, b) => a - b);
  }

  /** The mean of the documents' vectors, [r]. */
  centroid(units: readonly number[]): Float64Array {
    const { width, values } = this.rows;
    const documents = this.documents(units);
    const mean = new Float64Array(width);
    for (const row of documents) addScaled(mean, 0, values, row * width, 1 / documents.length, width);
    return mean;
  }

  /** P(pile | document) by how near documents lie to the middle of each pile, [N, k], for `piles` [N]. */
  nearness(piles: Int32Array, k: number): Float32Array {
    return responsibilities(this.rows, { assignments: piles, centroids: meansOf(this.rows, piles, k) });
  }

  /** What a guide sees: documents from the largest units, near the middle, and the words that weigh most. */
  material(units: readonly number[]): Material {
    const largest = [...units].sort((a, b) => this.members[b].length - this.members[a].length || a - b);
    const drawn = largest.slice(0, shownDocuments);
    const each = Math.ceil(shownDocuments / drawn.length);
    const rows = drawn.flatMap((unit) => this.mostTypical([unit], each)).slice(0, shownDocuments);
    const excerpts = rows.map((row) => this.texts[row].replace(/\s+/g, ' ').trim().slice(0, shownCharacters));
    const id = createHash('sha256')
      .update(JSON.stringify(this.documents(units)))
      .digest('hex')
      .slice(0, 16);
    return { id, words: this.words(units), excerpts };
  }

  private mostTypical(units: readonly number[], count: number): number[] {
    const middle = this.centroid(units);
    const similarity = new Map(this.documents(units).map((row) => [row, cosine(rowOf(this.rows, row), middle)]));
    return [...similarity]
      .sort(([a, x], [b, y]) => y - x || a - b)
      .slice(0, count)
      .map(([row]) => row);
  }

  private words(units: readonly number[]): string[] {
    const { starts, columns, values } = this.weighted;
    const sums = new Map<number, number>();
    for (const row of this.documents(units)) {
      for (let cell = starts[row]; cell < starts[row + 1]; cell++) {
        sums.set(columns[cell], (sums.get(columns[cell]) ?? 0) + values[cell]);
      }
    }
    // What a cluster has much of, and the others little: small words are everywhere.
    return [...sums]
      .map(([column, sum]) => ({ word: this.vocabulary.words[column], column, mark: sum ** 2 / this.totals[column] }))
      .filter(({ word }) => word !== NUMBER)
      .sort((a, b) => b.mark - a.mark || a.column - b.column)
      .slice(0, shownWords)
      .map(({ word }) => word);
  }
}

export function cosine(a: Float64Array, b: Float64Array): number {
  let [dot, x, y] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    x += a[i] * a[i];
    y += b[i] * b[i];
  }
  return x === 0 || y === 0 ? 0 : dot / Math.sqrt(x * y);
}

/** Pins are for piles, which small clusters are not yet. */
function among(groups: readonly Group[]): Group[] {
  return groups.map(({ rows, name, apart }) => ({ rows, name, apart }));
}

function pairsApart(members: readonly (readonly number[])[], groups: readonly Group[]): Set<string> {
  const unitOf = new Map(members.flatMap((rows, unit) => rows.map((row) => [row, unit] as const)));
  const pairs = new Set<string>();
  const unitsOf = (group: Group): number[] => [...new Set(group.rows.map((row) => unitOf.get(row) ?? -1))];
  groups.forEach((group, i) => {
    const others = groups.filter(
      (other, j) =>
        group.apart.includes(j) ||
        (i !== j && group.pile !== undefined && other.pile !== undefined && group.pile !== other.pile),
    );
    for (const a of unitsOf(group)) for (const b of others.flatMap(unitsOf)) if (a !== b) pairs.add(`${a} ${b}`);
  });
  return pairs;
}
