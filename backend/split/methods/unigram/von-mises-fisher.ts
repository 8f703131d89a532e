import { type DenseRows, rowOf } from '../../features/dense';

/**
 * A von Mises–Fisher distribution of vectors of length 1 for each pile (Banerjee et al. 2005), with a concentration of its own, kept while
 * documents move. A vector of zeros says nothing.
 */
export class VonMisesFisher {
  /** Sums of the vectors of each pile [k, D], and how many these are. */
  private readonly sums: DenseRows;
  private readonly sizes: Float64Array;
  private concentrations: Float64Array;
  private constants: Float64Array;

  constructor(
    private readonly rows: DenseRows,
    private readonly k: number,
    assignments: Int32Array,
  ) {
    this.sums = { count: k, width: rows.width, values: new Float64Array(k * rows.width) };
    this.sizes = new Float64Array(k);
    this.concentrations = new Float64Array(k);
    this.constants = new Float64Array(k);
    assignments.forEach((pile, document) => this.move(document, undefined, pile));
  }

  move(document: number, from: number | undefined, to: number): void {
    const own = rowOf(this.rows, document);
    if (own.every((x) => x === 0)) return;
    if (from !== undefined) this.add(own, from, -1);
    this.add(own, to, 1);
  }

  private add(vector: Float64Array, pile: number, sign: 1 | -1): void {
    const sum = rowOf(this.sums, pile);
    for (let i = 0; i < vector.length; i++) sum[i] += sign * vector[i];
    this.sizes[pile] += sign;
  }

  /** Fits the concentrations to the vectors as they lie now. */
  fit(): void {
    const D = this.rows.width;
    this.concentrations = Float64Array.from(this.sizes, (size, pile) => {
      const length = Math.hypot(...rowOf(this.sums, pile));
      // A pile of one vector, or of equal ones, would have an infinite one.
      const mean = Math.min(mostAlike, length / Math.max(1, size));
      return Math.max(leastConcentration, (mean * (D - mean * mean)) / (1 - mean * mean));
    });
    this.constants = this.concentrations.map((concentration) => logConstant(concentration, D));
  }

  /** Adds ln p(vector | pile) to `scores` [k]; the document is judged by its own pile without itself. */
  score(document: number, own: number, scores: Float64Array): void {
    const vector = rowOf(this.rows, document);
    if (vector.every((x) => x === 0)) return;
    for (let pile = 0; pile < this.k; pile++) {
      const sum = rowOf(this.sums, pile);
      let [along, square] = [0, 0];
      for (let i = 0; i < vector.length; i++) {
        const rest = pile === own ? sum[i] - vector[i] : sum[i];
        along += rest * vector[i];
        square += rest * rest;
      }
      const cosine = square > 0 ? along / Math.sqrt(square) : 0;
      scores[pile] += this.constants[pile] + this.concentrations[pile] * cosine;
    }
  }
}

const mostAlike = 0.99;
const leastConcentration = 1e-3;

/** ln of the density's constant in D dimensions, but for what all concentrations share; ln I by its uniform expansion for large orders. */
export function logConstant(concentration: number, D: number): number {
  const order = Math.max(1, D / 2 - 1);
  const z = concentration / order;
  const root = Math.sqrt(1 + z * z);
  const logBessel =
    order * (root + Math.log(z / (1 + root))) - 0.5 * Math.log(2 * Math.PI * order) - 0.5 * Math.log(root);
  return order * Math.log(concentration) - logBessel;
}
