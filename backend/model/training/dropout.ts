/**
 * Dropout of what adapters read (Srivastava et al. 2014; LoRA as PEFT trains it). One mask per width of layer and step: layers of one width
 * take it turned by a number of features of their own, so no two of them drop the same ones of a token.
 */
import type { Graph, Value } from '../../tensor/graph';
import { concat, mul, slice } from '../../tensor/ops';
import type { Tensors } from '../../tensor/runtime';
import { type Dim, multiplyDims } from '../../tensor/dims';
import { createRandom } from '../../base/random';
import type { Lane } from '../experts/stack';
import type { ModelInputs } from '../architectures/architecture';

export interface Dropout {
  /** Share of the features that are dropped: 0 … 1, 1 not included. */
  readonly share: number;
  readonly seed: number;
}

const turn = 37;
const nameOf = (width: number): string => `dropout.${width}`;

/** The adapters of a graph with dropout before them: masks [k, rows, width] are inputs of the graph. */
export function withDropout(
  graph: Graph,
  adapter: ModelInputs['adapter'],
  { modules, count }: Lane,
): ModelInputs['adapter'] {
  const rows: Dim = multiplyDims('B', 'T');
  const masks = new Map(
    widthsOf(modules).map((width) => [width, graph.input(nameOf(width), 'float32', [count, rows, width])]),
  );
  const placed = new Map(modules.map((module) => [module.path, module]));
  return (path) => {
    const module = placed.get(path);
    const update = adapter(path);
    if (update === undefined || module === undefined) return update;
    const mask = masks.get(module.in);
    if (mask === undefined) return update;
    return { ...update, dropped: (x) => mul(x, turned(mask, (module.layer * turn) % module.in, module.in)) };
  };
}

function turned(mask: Value, by: number, width: number): Value {
  return by === 0 ? mask : concat([slice(mask, 2, by, width), slice(mask, 2, 0, by)], 2);
}

/** The masks of one run: 0 for what is dropped, 1 / (1 − share) for what stays. They depend on seed, step and part alone. */
export function dropoutMasks(
  { modules, count }: Lane,
  { share, seed }: Dropout,
  { step, part, rows }: { readonly step: number; readonly part: number; readonly rows: number },
): Record<string, Tensors> {
  const kept = 1 / (1 - share);
  return Object.fromEntries(
    widthsOf(modules).map((width) => {
      const random = createRandom(seed, 4711, step, part, width);
      const data = new Float32Array(count * rows * width);
      for (let i = 0; i < data.length; i++) data[i] = random.uniform() < share ? 0 : kept;
      return [nameOf(width), { data, shape: [count, rows, width] }];
    }),
  );
}

const widthsOf = (modules: Lane['modules']): number[] => [...new Set(modules.map((module) => module.in))];
