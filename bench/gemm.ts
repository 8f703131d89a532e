/** The yardstick: what the machine reaches in plain matrix products of the model's shapes, through the same engine. */
import type { ModelConfig } from '../backend/model/architectures/config';
import { matmul, slice } from '../backend/tensor/ops';
import { GraphSession } from '../backend/tensor/runtime';
import { newGraph } from '../backend/tensor/trace';
import type { Clock } from './clock';

const rows = 1024;
const pairs = 2;
const burstSeconds = 0.2;

/**
 * Alternating products [1024, D] · [D, F] and [1024, F] · [F, D] with frozen right sides, as the feed-forward layers make
 * them, and nothing else: each product reads the one before.
 */
export class Yardstick {
  private constructor(
    private readonly session: GraphSession,
    private readonly x: Float32Array,
    private readonly flops: number,
  ) {}

  static async create({ hiddenSize: D, feedForwardSize: F }: ModelConfig, threads: number): Promise<Yardstick> {
    const graph = newGraph();
    const frozen = (out: number, inner: number): Float32Array => new Float32Array(out * inner).fill(1 / inner);
    let y = graph.input('x', 'float32', [rows, D]);
    for (let i = 0; i < pairs; i++) {
      y = matmul(y, graph.constant(frozen(F, D), [F, D]), { transB: true });
      y = matmul(y, graph.constant(frozen(D, F), [D, F]), { transB: true });
    }
    const session = await GraphSession.create(graph, { row: slice(y, 0, 0, 1) }, { threads });
    return new Yardstick(session, new Float32Array(rows * D).fill(1), pairs * 2 * 2 * rows * D * F);
  }

  /** Measures for a moment; returns the best speed of this moment, FLOP/s. */
  async burst(clock: Clock): Promise<number> {
    let best = 0;
    const end = clock() + burstSeconds;
    do {
      const begin = clock();
      await this.session.run({ x: { data: this.x, shape: [rows, this.x.length / rows] } });
      best = Math.max(best, this.flops / (clock() - begin));
    } while (clock() < end);
    return best;
  }
}
