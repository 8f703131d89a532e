/**
 * Linear layers for few tokens at a time: the adapters of those that read the same are two products. What ONNX Runtime and its binding
 * do for each node and each input takes as long there as what a small product computes.
 */
import type { Graph, Value } from '../../tensor/graph';
import { add, concat, matmul, quantizedMatmul, streamedMatmul } from '../../tensor/ops';
import type { Tensors } from '../../tensor/runtime';
import { scaleOf } from '../adapters/adapter';
import type { LinearModule, ModelInputs } from '../architectures/architecture';
import type { ModelConfig } from '../architectures/config';
import { architectureOf } from '../architectures/table';
import type { AdaptedModule, Lane, Sources } from '../experts/stack';
import { type LanguageModel, weightInput } from '../language-model';

/** Whether a graph that reads with a lane joins its layers: on the processor, where nodes cost that much, and of adapters on the base. */
export function joinsLayers({ device }: LanguageModel, lane: Lane | undefined): boolean {
  return device === 'cpu' && lane?.onBase !== false;
}

/** Weights of more bytes are read from memory for every token; fewer stay in the processor's cache. */
const cacheBytes = 2 ** 25;

/** Whether what computes a token waits for memory, and the weights are such that `streamedMatmul` takes them. */
export function readsFromMemory(model: LanguageModel, lane: Lane | undefined): boolean {
  const transposed = architectureOf(model.config)
    .linears(model.config)
    .some((module) => module.transposed);
  return joinsLayers(model, lane) && 4 * model.size > cacheBytes && !transposed;
}

/** A weight [out, in] as filters [out, in, 1, 1]. */
export type Filters = (name: string) => Value;

/** The weights of a model for `streamedMatmul`. */
export function filtersOf(graph: Graph, { weights }: LanguageModel): Filters {
  return (name) => {
    const entry = weights.entries.get(name);
    if (entry === undefined) throw new Error(`the model has no weight ${name}`);
    return weightInput(graph, `${name} as filters`, { ...entry, shape: [...entry.shape, 1, 1] });
  };
}

/** Where such a graph takes the base's weights from: as filters where it streams them. */
interface BaseWeights {
  readonly config: ModelConfig;
  readonly base: Sources;
  readonly filters: Filters | undefined;
}

/** The linear layers of a graph that reads with the adapters of a lane, or with the base model alone. */
export function joinedLayers(
  graph: Graph,
  lane: Lane | undefined,
  { config, base, filters }: BaseWeights,
): NonNullable<ModelInputs['together']> {
  const groups = new Map(groupsOf(config, lane).map((group) => [group.name, group]));
  return (paths, x) => {
    const group = groups.get(nameOf(paths));
    if (group === undefined) throw new Error(`${paths.join()} are not known to read the same`);
    const product = groupProduct(group, base, x, filters);
    if (lane === undefined || group.adapted.length === 0) return product;
    const [a, b] = ['A', 'B'].map((factor) => {
      return graph.input(`${group.name}.${factor}`, 'float32', factorShape(group, factor, lane.count));
    });
    return add(product, matmul(matmul(x, a), b));
  };
}

/** The adapters of a lane as such a graph reads them: copies. */
export function joinedFeeds(lane: Lane | undefined): Record<string, Tensors> {
  if (lane === undefined) return {};
  return Object.fromEntries(groupsOf(lane.config, lane).flatMap((group) => factorsOf(group, lane)));
}

/** Linear layers that read the same, and those of them that adapters change. */
interface Group {
  readonly name: string;
  readonly modules: readonly LinearModule[];
  readonly adapted: readonly AdaptedModule[];
}

const nameOf = (paths: readonly string[]): string => paths.join('+');
const total = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
const outOf = ({ modules }: Group): number => total(modules.map(({ out }) => out));
const rankOf = ({ adapted }: Group): number => total(adapted.map(({ rank }) => rank));

function groupsOf(config: ModelConfig, lane: Lane | undefined): Group[] {
  const architecture = architectureOf(config);
  const all = new Map(architecture.linears(config).map((module) => [module.path, module]));
  const adapted = new Map(lane?.modules.map((module) => [module.path, module]));
  return architecture.readers(config).map((paths) => ({
    name: nameOf(paths),
    modules: paths.flatMap((path) => all.get(path) ?? []),
    adapted: paths.flatMap((path) => adapted.get(path) ?? []),
  }));
}

function groupProduct(
  { modules }: Group,
  { weight, quantized }: Sources,
  x: Value,
  filters: Filters | undefined,
): Value {
  const names = modules.map(({ path }) => `${path}.weight`);
  if (filters !== undefined) return streamedMatmul(x, names.map(filters));
  const products = modules.map(({ transposed }, i) => {
    const rounded = quantized?.(names[i]);
    return rounded === undefined ? matmul(x, weight(names[i]), { transB: !transposed }) : quantizedMatmul(x, rounded);
  });
  return products.length === 1 ? products[0] : concat(products, 2);
}

const factorShape = (group: Group, factor: string, k: number): [number, number, number] =>
  factor === 'A' ? [k, group.modules[0].in, rankOf(group)] : [k, rankOf(group), outOf(group)];

/**
 * Of k adapters A [k, in, Σ rank], and B [k, Σ rank, Σ out] with their scales in it: the update of each layer on the diagonal, zeros
 * beside it.
 */
function factorsOf(group: Group, lane: Lane): [string, Tensors][] {
  if (group.adapted.length === 0) return [];
  const k = lane.count;
  const [shapeA, shapeB] = [factorShape(group, 'A', k), factorShape(group, 'B', k)];
  const empty = (shape: readonly number[]): Float32Array => new Float32Array(shape.reduce((a, b) => a * b));
  const [a, b] = [empty(shapeA), empty(shapeB)];
  let row = 0;
  for (const module of group.adapted) {
    const column = total(
      group.modules
        .slice(
          0,
          group.modules.findIndex(({ path }) => path === module.path),
        )
        .map(({ out }) => out),
    );
    const [ownA, ownB] = ['A', 'B'].map((factor) => lane.parameters.view(`${module.path}.lora_${factor}`));
    const { rank, in: width, out } = module;
    const scale = scaleOf(module);
    for (let e = 0; e < k; e++) {
      for (let r = 0; r < rank; r++) {
        for (let i = 0; i < width; i++) a[(e * width + i) * shapeA[2] + row + r] = ownA[(e * rank + r) * width + i];
        const to = (e * shapeB[1] + row + r) * shapeB[2] + column;
        for (let o = 0; o < out; o++) b[to + o] = scale * ownB[(e * out + o) * rank + r];
      }
    }
    row += rank;
  }
  return [
    [`${group.name}.A`, { data: a, shape: shapeA }],
    [`${group.name}.B`, { data: b, shape: shapeB }],
  ];
}
