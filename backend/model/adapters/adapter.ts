import type { State } from '../../base/checkpoint';
import { usualTraining } from '../../base/defaults';
import { UserError } from '../../base/errors';
import { createRandom } from '../../base/random';
import type { Value } from '../../tensor/graph';
import { architectureOf } from '../architectures/table';
import type { ModelConfig } from '../architectures/config';
import { Parameters } from '../architectures/parameters';
import { type AdaptedModule, type Lane, shareOf, type Sources } from '../experts/stack';

/** What a fresh LoRA adapter changes (Hu et al. 2021): W x + alpha/rank · B A x. */
export interface LoraSettings {
  readonly rank: number;
  readonly alpha: number;
  /** alpha/√rank instead: rsLoRA (Kalajdzievski 2023). */
  readonly rankStabilised?: boolean;
  /** Names of linear layers, or all of every block, as PEFT calls it. */
  readonly targets: readonly string[] | 'all-linear';
  /**
   * Only the last so many layers are adapted; all by default. The layers below are then frozen and run once per
   * text, not once per expert.
   */
  readonly layers?: number;
}

export const defaultLora: LoraSettings = {
  rank: usualTraining.rank,
  alpha: usualTraining.alpha,
  targets: 'all-linear',
};

/**
 * k adapters side by side: for every adapted layer `<path>.lora_A` [k, r, in] and `<path>.lora_B` [k, out, r], so that one run of
 * a graph serves all k.
 */
export class AdapterStack implements Lane {
  readonly form = 'lora';
  readonly onBase = true;
  readonly parameters: Parameters;
  readonly key: string;
  readonly lanes = [this];

  constructor(
    readonly config: ModelConfig,
    /** In the order of the model's layers. */
    readonly modules: readonly AdaptedModule[],
    readonly count: number,
  ) {
    this.parameters = new Parameters(
      new Map(
        modules.flatMap(({ path, rank, in: input, out }): [string, readonly number[]][] => [
          [`${path}.lora_A`, [count, rank, input]],
          [`${path}.lora_B`, [count, out, rank]],
        ]),
      ),
    );
    this.key = [`${count}x`, ...modules.map(({ path, rank, alpha }) => `${path} ${rank} ${alpha}`)].join();
  }

  /** Expert `index`'s share of a parameter, shared with the buffer. */
  share(name: string, index: number): Float32Array {
    return shareOf(this, name, index);
  }

  copies(count: number): AdapterStack {
    return stackAdapters(new Array<AdapterStack>(count).fill(this));
  }

  save(): State {
    return { modules: this.modules, count: this.count, parameters: this.parameters.data };
  }

  decays(): boolean {
    return true;
  }

  /** The base model's weights, and beside them the updates of its layers. */
  sources(own: ReadonlyMap<string, Value>, base: Sources): Sources {
    const scales = new Map(this.modules.map((module) => [module.path, scaleOf(module)]));
    const adapter: Sources['adapter'] = (path) => {
      const a = own.get(`${path}.lora_A`);
      const b = own.get(`${path}.lora_B`);
      const scale = scales.get(path);
      return a === undefined || b === undefined || scale === undefined ? undefined : { a, b, scale };
    };
    return { ...base, adapter };
  }

  /** `count` experts from `from` on as a stack of their own (a copy). */
  part(from: number, count: number): AdapterStack {
    const result = new AdapterStack(this.config, this.modules, count);
    for (const { name } of this.parameters.places) {
      for (let e = 0; e < count; e++) result.share(name, e).set(this.share(name, from + e));
    }
    return result;
  }
}

export function scaleOf({ alpha, rank }: Pick<AdaptedModule, 'alpha' | 'rank'>): number {
  return alpha / rank;
}

/** The linear layers that adapters of these settings change. Throws UserError where a target is no layer of the model. */
export function adaptedModules(config: ModelConfig, settings: LoraSettings): AdaptedModule[] {
  const linears = architectureOf(config).linears(config);
  const { rank, targets, rankStabilised = false, layers = config.layers } = settings;
  // Written as an alpha that is divided by the rank, so that all who read the adapter scale it alike.
  const alpha = rankStabilised ? settings.alpha * Math.sqrt(rank) : settings.alpha;
  if (targets !== 'all-linear') {
    const unknown = targets.filter((target) => !linears.some(({ name }) => name === target));
    if (unknown.length > 0) {
      const names = [...new Set(linears.map(({ name }) => name))];
      throw new UserError(`The model has no ${unknown.join(', ')} to adapt.`, `It has ${names.join(', ')}.`);
    }
  }
  return linears
    .filter(({ name, layer }) => {
      return layer >= config.layers - layers && (targets === 'all-linear' || targets.includes(name));
    })
    .map((linear) => ({ ...linear, rank, alpha }));
}

/** Fresh adapters as PEFT starts them: A uniform in ±1/√in, B zero, so that every expert begins as the base model. */
export function createAdapters(
  config: ModelConfig,
  settings: LoraSettings,
  { count, seed }: { count: number; seed: number },
): AdapterStack {
  const stack = new AdapterStack(config, adaptedModules(config, settings), count);
  for (let expert = 0; expert < count; expert++) {
    const random = createRandom(seed, expert);
    for (const { name, shape } of stack.parameters.places) {
      if (!name.endsWith('.lora_A')) continue;
      const bound = 1 / Math.sqrt(shape[2]);
      const share = stack.share(name, expert);
      for (let i = 0; i < share.length; i++) share[i] = (2 * random.uniform() - 1) * bound;
    }
  }
  return stack;
}

export function restoreAdapters(config: ModelConfig, state: State): AdapterStack {
  const { modules, count, parameters } = state as {
    modules: readonly AdaptedModule[];
    count: number;
    parameters: Float32Array;
  };
  const stack = new AdapterStack(config, modules, count);
  stack.parameters.data.set(parameters);
  return stack;
}

/**
 * Puts single adapters of one base model side by side. They may differ: a lower rank is filled up with zeros, a layer that one of
 * them leaves alone is zero there, and where scales differ each goes into its adapter's own B.
 */
export function stackAdapters(adapters: readonly AdapterStack[]): AdapterStack {
  const [{ config }] = adapters;
  const byPath = adapters.map(({ modules }) => new Map(modules.map((module) => [module.path, module])));
  const modules = architectureOf(config)
    .linears(config)
    .flatMap((linear): AdaptedModule[] => {
      const own = byPath.flatMap((paths) => paths.get(linear.path) ?? []);
      return own.length === 0 ? [] : [{ ...linear, ...commonShape(own) }];
    });
  const stack = new AdapterStack(config, modules, adapters.length);
  for (const module of modules) {
    adapters.forEach((adapter, expert) => {
      const own = byPath[expert].get(module.path);
      if (own !== undefined) place(stack, module, expert, { adapter, own });
    });
  }
  return stack;
}

/** The highest rank; the scale of all of them, or 1 where they differ. */
function commonShape(own: readonly AdaptedModule[]): Pick<AdaptedModule, 'rank' | 'alpha'> {
  const rank = Math.max(...own.map((module) => module.rank));
  const [scale, ...others] = own.map(scaleOf);
  const alpha = others.every((other) => other === scale) ? scale * rank : rank;
  return { rank, alpha };
}

/** Copies a single adapter's A and B of one layer to the expert's place, filled up with zeros. */
function place(
  stack: AdapterStack,
  { path, rank, alpha, out }: AdaptedModule,
  expert: number,
  { adapter, own }: { readonly adapter: AdapterStack; readonly own: AdaptedModule },
): void {
  stack.share(`${path}.lora_A`, expert).set(adapter.share(`${path}.lora_A`, 0));
  const from = adapter.share(`${path}.lora_B`, 0);
  const to = stack.share(`${path}.lora_B`, expert);
  const factor = scaleOf(own) / scaleOf({ rank, alpha });
  for (let row = 0; row < out; row++) {
    for (let r = 0; r < own.rank; r++) to[row * rank + r] = factor * from[row * own.rank + r];
  }
}
