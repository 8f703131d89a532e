import { GraphSession } from '../../tensor/runtime';
import { newGraph } from '../../tensor/trace';
import { architectureOf } from '../architectures/table';
import type { ExpertStack } from '../experts/stack';
import { batchSources, float32, int64, type LanguageModel } from '../language-model';

/** Layers below the lowest that a stack changes: they compute the same for every expert, however long it trains. */
export function frozenLayersBelow({ lanes }: ExpertStack): number {
  const lowest = lanes.map(({ onBase, modules }) => (onBase ? Math.min(...modules.map(({ layer }) => layer)) : 0));
  return Math.min(...lowest);
}

/**
 * The frozen layers below those that are trained, run once for each text that is trained on more than once. What they made of it is
 * kept, up to `mostBytes`, and computed again beyond. One text goes through at a time, so that the numbers are the same bits
 * whatever is kept.
 */
export class FrozenLayers {
  private readonly kept = new Map<string, Float32Array>();
  private bytes = 0;

  private constructor(
    private readonly session: GraphSession,
    private readonly mostBytes: number,
  ) {}

  static async open(model: LanguageModel, layers: number, mostBytes: number): Promise<FrozenLayers> {
    const { config, device, threads, weightsFolder } = model;
    const graph = newGraph();
    const { hidden } = architectureOf(config).trace(graph, config, {
      input: graph.input('ids', 'int64', [1, 1, 'T']),
      layers: { from: 0, to: layers },
      ...batchSources(model, graph),
      offset: graph.input('offset', 'int64', [1]),
    });
    return new FrozenLayers(
      await GraphSession.create(graph, { hidden }, { device, threads, weightsFolder }),
      mostBytes,
    );
  }

  /** The stream [T, D] that leaves the frozen layers for tokens [T]; `key` says which text that is. */
  async run(key: string, tokens: Int32Array): Promise<Float32Array> {
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const results = await this.session.run({ ids: int64(tokens, [1, 1, tokens.length]), offset: int64([0], [1]) });
    const stream = float32(results, 'hidden');
    if (this.bytes + stream.byteLength <= this.mostBytes) {
      this.bytes += stream.byteLength;
      this.kept.set(key, stream);
    }
    return stream;
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
