import type { Device } from '../base/device';
import type { Value } from './graph';
import { add, div, matmul, mul, scalar, sqrt, sum } from './ops';
import { GraphSession } from './runtime';
import { newGraph } from './trace';

export interface MuonSettings {
  readonly momentum: number;
  /** Times the learning rate, per step. */
  readonly weightDecay: number;
  /** Which parameters it changes, by name; they are matrices. AdamW changes the others. */
  readonly changes: (name: string) => boolean;
}

/** A matrix in the buffer of parameters. */
export interface Matrix {
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
}

/** The polynomial of Newton and Schulz whose iteration brings all singular values near 1 fastest, and how often it is applied. */
const [a, b, c] = [3.4445, -4.775, 2.0315];
const iterations = 5;
/** Makes a step about as long as one of AdamW, so that both go by one learning rate (Liu et al. 2025, "Muon is scalable"). */
const lengthOfAdamW = 0.2;

/** Matrices of one shape, orthogonalised together. */
interface Shelf {
  readonly session: GraphSession;
  /** Their places among all matrices. */
  readonly members: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

/**
 * Muon (Jordan et al. 2024) with Nesterov's momentum: a step goes along the orthogonal matrix that is nearest to the momentum, so that all
 * its directions count alike. `momentum` is the state, a buffer in the order of the parameters'.
 */
export class Muon {
  private constructor(
    private readonly parameters: Float32Array,
    private readonly momentum: Float32Array,
    private readonly matrices: readonly Matrix[],
    private readonly settings: MuonSettings,
    private readonly shelves: readonly Shelf[],
  ) {}

  static async create(
    parameters: Float32Array,
    momentum: Float32Array,
    matrices: readonly Matrix[],
    settings: MuonSettings,
    options: { readonly device: Device; readonly threads: number },
  ): Promise<Muon> {
    const byShape = new Map<string, number[]>();
    matrices.forEach(({ rows, columns }, i) => {
      const key = `${rows}x${columns}`;
      byShape.set(key, [...(byShape.get(key) ?? []), i]);
    });
    const shelves: Shelf[] = [];
    for (const members of byShape.values()) {
      const { rows, columns } = matrices[members[0]];
      const graph = newGraph();
      const momenta = graph.input('momenta', 'float32', [members.length, rows, columns]);
      const session = await GraphSession.create(graph, { nearest: orthogonalised(momenta, rows <= columns) }, options);
      shelves.push({ session, members, rows, columns });
    }
    return new Muon(parameters, momentum, matrices, settings, shelves);
  }

  /** One update in place; `gradients[i]` belongs to `matrices[i]`. */
  async step(gradients: readonly Float32Array[], learningRate: number): Promise<void> {
    const keep = 1 - learningRate * this.settings.weightDecay;
    for (const { session, members, rows, columns } of this.shelves) {
      const size = rows * columns;
      const momenta = new Float32Array(members.length * size);
      members.forEach((i, at) => this.lookAhead(this.matrices[i], gradients[i], momenta.subarray(at * size)));
      const results = await session.run({ momenta: { data: momenta, shape: [members.length, rows, columns] } });
      const nearest = results.get('nearest');
      if (!(nearest instanceof Float32Array)) throw new TypeError('the nearest matrices are no float32');
      const rate = learningRate * lengthOfAdamW * Math.sqrt(Math.max(rows, columns));
      members.forEach((i, at) => {
        const { offset } = this.matrices[i];
        for (let j = 0; j < size; j++) {
          this.parameters[offset + j] = this.parameters[offset + j] * keep - rate * nearest[at * size + j];
        }
      });
      results.dispose();
    }
  }

  /** Adds a gradient to the momentum of its matrix, and puts where that is bound for into `into`. */
  private lookAhead({ offset }: Matrix, gradient: Float32Array, into: Float32Array): void {
    const { momentum: mu } = this.settings;
    for (let j = 0; j < gradient.length; j++) {
      const m = (this.momentum[offset + j] = mu * this.momentum[offset + j] + gradient[j]);
      into[j] = gradient[j] + mu * m;
    }
  }

  async dispose(): Promise<void> {
    for (const { session } of this.shelves) await session.dispose();
  }
}

/** The nearest orthogonal matrices [n, rows, columns], nearly; `wide` ones have no more rows than columns. */
function orthogonalised(momenta: Value, wide: boolean): Value {
  const squared = (x: Value): Value => (wide ? matmul(x, x, { transB: true }) : matmul(x, x, { transA: true }));
  const lengths = sqrt(sum(mul(momenta, momenta), [1, 2], true));
  let x = div(momenta, add(lengths, scalar(lengths, 1e-7)));
  for (let i = 0; i < iterations; i++) {
    const gram = squared(x);
    const factor = add(mul(gram, scalar(gram, b)), mul(matmul(gram, gram), scalar(gram, c)));
    x = add(mul(x, scalar(x, a)), wide ? matmul(factor, x) : matmul(x, factor));
  }
  return x;
}
