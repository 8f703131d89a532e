import { GraphSession } from '../../tensor/runtime';
import { newGraph } from '../../tensor/trace';
import type { AdapterStack } from '../adapters/adapter';
import { batchSources, float32, int64, laneFeeds, type LanguageModel, parameterInputs } from '../language-model';
import { planStep } from './step-plan';
import { shifted, traceLoss } from './traced-loss';

/** A text as it is learned from: its tokens [n + 1], the first of which is only read, and what the loss of each other counts [n]. */
export interface WeighedText {
  readonly tokens: Int32Array;
  readonly weights: Float32Array;
}

/**
 * What single texts would teach an adapter: the gradient of each, several at once, and nothing is learned. Every text has a slot of a
 * stack of adapters to itself, as experts do that train side by side, so that one backward pass tells their gradients apart.
 *
 * All slots hold the same adapter as LoRA begins: A random, B zero. There the gradient of A is zero, and that of B, with x what the
 * layer reads and g the gradient of what it gives, is scale · Σ g (A x)ᵀ: the gradient of the layer's own weights, seen through A. One A for
 * all makes gradients of different texts comparable.
 */
export class TextGradients {
  /** Numbers of one gradient, P. */
  readonly width: number;
  private readonly names: readonly string[];

  private constructor(
    private readonly model: LanguageModel,
    private readonly session: GraphSession,
    /** [slots]. */
    private readonly stack: AdapterStack,
  ) {
    this.names = stack.parameters.places.map(({ name }) => name).filter(isTrained);
    this.width = this.names.reduce((sum, name) => sum + stack.share(name, 0).length, 0);
  }

  /** For `slots` texts at once, of `length` tokens or less; `adapter` is a single one. */
  static async open(
    model: LanguageModel,
    adapter: AdapterStack,
    { slots, length }: { readonly slots: number; readonly length: number },
  ): Promise<TextGradients> {
    const { config, device, threads, weightsFolder } = model;
    const stack = adapter.copies(slots);
    const graph = newGraph();
    const own = parameterInputs(graph, stack.parameters);
    const trained = new Map([...own].filter(([name]) => isTrained(name)));
    const sources = stack.sources(own, batchSources(model, graph));
    // Texts shorter than those that the graph is made for must go through it as well.
    const plan = { ...planStep(config, { device, k: slots, batch: { B: 1, T: length } }), queryBlocks: 1 };
    const { found } = traceLoss(config, { graph, count: slots, ...sources, trained }, plan);
    const outputs = Object.fromEntries([...found].map(([name, gradient]) => [`gradient:${name}`, gradient]));
    const session = await GraphSession.create(graph, outputs, {
      device,
      threads,
      weightsFolder,
      mergeDuplicates: false,
    });
    return new TextGradients(model, session, stack);
  }

  /** Gradients of the weighted sums of losses of as many texts as there are slots, or fewer: [texts, P]. */
  async run(texts: readonly WeighedText[]): Promise<Float32Array> {
    const { stack, names, width } = this;
    const k = stack.count;
    const T = Math.max(1, ...texts.map(({ weights }) => weights.length));
    const tokens = new Int32Array(k * (T + 1));
    const weights = new Float32Array(k * T);
    texts.forEach((text, slot) => {
      tokens.set(text.tokens, slot * (T + 1));
      weights.set(text.weights, slot * T);
    });
    const { ids, targets } = shifted({ tokens, k, B: 1, T });
    const results = await this.session.run({
      ...laneFeeds(stack),
      ids: int64(ids, [k, 1, T]),
      targets: int64(targets, [k * T]),
      weights: { data: weights, shape: [k * T] },
      offset: int64([0], [1]),
    });
    try {
      this.model.counted.trained += k * T;
      const gradients = new Float32Array(texts.length * width);
      let at = 0;
      for (const name of names) {
        const all = float32(results, `gradient:${name}`);
        const length = all.length / k;
        texts.forEach((_, slot) => gradients.set(all.subarray(slot * length, (slot + 1) * length), slot * width + at));
        at += length;
      }
      return gradients;
    } finally {
      results.dispose();
    }
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

const isTrained = (name: string): boolean => name.endsWith('.lora_B');
