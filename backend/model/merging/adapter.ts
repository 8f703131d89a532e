/** One adapter of several: what becomes of the factors of each layer. */
import { UserError } from '../../base/errors';
import type { Watch } from '../../base/progress';
import { AdapterStack, scaleOf } from '../adapters/adapter';
import { architectureOf } from '../architectures/table';
import type { LinearModule } from '../architectures/architecture';
import type { ModelConfig } from '../architectures/config';
import type { AdaptedModule } from '../experts/stack';
import type { FactorMerge, Factors, WeighedFactors } from './factors';
import { randomOf } from './random';

/** A single adapter, and how much of it counts. */
export interface MergedAdapter {
  readonly expert: AdapterStack;
  readonly weight: number;
}

export interface AdapterMergeOptions {
  /** Of all that is drawn. */
  readonly seed: number;
  readonly watch: Pick<Watch, 'report' | 'signal'>;
}

/**
 * Merges adapters layer by layer; one that leaves a layer alone has no say in it. Throws UserError where ranks differ that must be the
 * same, before anything is computed.
 */
export async function mergeAdapters(
  config: ModelConfig,
  experts: readonly MergedAdapter[],
  { sameRanks, merge }: FactorMerge,
  { seed, watch }: AdapterMergeOptions,
): Promise<AdapterStack> {
  const layers = architectureOf(config)
    .linears(config)
    .map((linear) => ({ linear, own: factorsOf(experts, linear, seed) }))
    .filter(({ own }) => own.length > 0);
  if (sameRanks) layers.forEach(requireSameRanks);
  const merged: { readonly module: AdaptedModule; readonly factors: Factors }[] = [];
  for (const { linear, own } of layers) {
    watch.signal.throwIfAborted();
    const factors = await merge(own);
    const { rank, scale } = factors;
    merged.push({ module: { ...linear, rank, alpha: scale * rank }, factors });
    watch.report({ stage: 'Merging the adapters', done: merged.length, total: layers.length, unit: 'layers' });
  }
  const stack = new AdapterStack(
    config,
    merged.map(({ module }) => module),
    1,
  );
  for (const { module, factors } of merged) {
    stack.share(`${module.path}.lora_A`, 0).set(factors.a);
    stack.share(`${module.path}.lora_B`, 0).set(factors.b);
  }
  return stack;
}

/** Those of the experts that adapt a layer. */
function factorsOf(experts: readonly MergedAdapter[], { path }: LinearModule, seed: number): WeighedFactors[] {
  return experts.flatMap(({ expert, weight }, e): WeighedFactors[] => {
    const module = expert.modules.find((own) => own.path === path);
    if (module === undefined) return [];
    const [a, b] = [expert.share(`${path}.lora_A`, 0), expert.share(`${path}.lora_B`, 0)];
    const random: WeighedFactors['random'] = (factor) => randomOf(seed, e, `${path}.lora_${factor}`);
    return [{ rank: module.rank, a, b, scale: scaleOf(module), weight, random }];
  });
}

function requireSameRanks({
  linear,
  own: [first, ...others],
}: {
  readonly linear: LinearModule;
  readonly own: readonly WeighedFactors[];
}): void {
  const other = others.find(({ rank }) => rank !== first.rank);
  if (other === undefined) return;
  throw new UserError(
    `The experts' ranks differ in ${linear.path} (${first.rank}, ${other.rank}), so their factors cannot be combined number by number.`,
    'Combine what they change ({on} deltas), or let ranks add up ({method} cat).',
  );
}
