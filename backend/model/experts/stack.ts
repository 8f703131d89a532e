/**
 * Experts of one base model side by side. Adapters on the base go through one run of a graph together; an expert with weights of its own
 * shares nothing with the others and goes through a graph by itself, which is the same one for all such experts.
 */
import type { State } from '../../base/checkpoint';
import type { Graph, Value } from '../../tensor/graph';
import type { LinearModule, ModelInputs } from '../architectures/architecture';
import type { ModelConfig } from '../architectures/config';
import type { ParameterPlace, Parameters } from '../architectures/parameters';

/** k experts of one base model, in lanes. */
export interface ExpertStack {
  readonly config: ModelConfig;
  /** k. */
  readonly count: number;
  /** In the order of the experts. */
  readonly lanes: readonly Lane[];
  /** `count` experts from `from` on as a stack of their own, to be read: its numbers may be those of this one. */
  part(from: number, count: number): ExpertStack;
}

/** Experts that go through one run of a graph together. A lane alone is a stack. */
export interface Lane extends ExpertStack {
  readonly form: 'lora' | 'full';
  /** What is their own. Where there are several, each tensor has them side by side in its first dimension. */
  readonly parameters: Parameters;
  /** What makes two lanes run through the same compiled graph. */
  readonly key: string;
  /** Whether the base model's weights take part. */
  readonly onBase: boolean;
  /** The linear layers that adapters change; none where all weights are the expert's own. */
  readonly modules: readonly AdaptedModule[];
  /** Whether weight decay applies to a parameter. */
  decays(place: ParameterPlace): boolean;
  /** So many copies of its one expert, each to be trained by itself. */
  copies(count: number): ExpertStack;
  /** For a checkpoint or an artifact; `expertCodec` brings it back. The arrays may be the live ones. */
  save(): State;
  /** Where a graph takes its weights from: what is the lane's own, by name, and the base model's. */
  sources(own: ReadonlyMap<string, Value>, base: Sources): Sources;
}

/** A linear layer with the update that an adapter makes to it. */
export interface AdaptedModule extends LinearModule {
  readonly rank: number;
  readonly alpha: number;
}

export type Sources = Pick<ModelInputs, 'weight' | 'adapter' | 'quantized' | 'int8'>;
/** The base model's weights in a graph. */
export type BaseSources = (graph: Graph) => Sources;

/** Lanes as one stack. */
export function sideBySide(lanes: readonly Lane[]): ExpertStack {
  if (lanes.length === 1) return lanes[0];
  const [{ config }] = lanes;
  const count = lanes.reduce((sum, lane) => sum + lane.count, 0);
  return { config, count, lanes, part: (from, wanted) => sideBySide(partOf(lanes, from, from + wanted)) };
}

function partOf(lanes: readonly Lane[], from: number, to: number): Lane[] {
  let first = 0;
  return lanes.flatMap((lane) => {
    const [start, end] = [Math.max(from - first, 0), Math.min(to - first, lane.count)];
    first += lane.count;
    if (start >= end) return [];
    return end - start === lane.count ? [lane] : lane.part(start, end - start).lanes;
  });
}

/** So many copies of a stack's first expert, each to be trained by itself. */
export function copiesOf({ lanes: [first] }: ExpertStack, count: number): ExpertStack {
  return first.copies(count);
}

/** Expert `index`'s share of a parameter of its lane, shared with the buffer. */
export function shareOf({ parameters, count }: Lane, name: string, index: number): Float32Array {
  const { length } = parameters.place(name);
  const size = length / count;
  return parameters.view(name).subarray(index * size, (index + 1) * size);
}

/** The lane of an expert, and its number there. */
export function placeOf({ lanes }: ExpertStack, expert: number): { readonly lane: Lane; readonly index: number } {
  let index = expert;
  for (const lane of lanes) {
    if (index < lane.count) return { lane, index };
    index -= lane.count;
  }
  throw new RangeError(`there is no expert ${expert}`);
}

/** A copy of what is one expert's own. */
export function numbersOf(stack: ExpertStack, expert: number): Float32Array {
  const { lane, index } = placeOf(stack, expert);
  const result = new Float32Array(lane.parameters.data.length / lane.count);
  for (const { name, offset } of lane.parameters.places) {
    result.set(shareOf(lane, name, index), offset / lane.count);
  }
  return result;
}

/** Puts such numbers back. */
export function setNumbers(stack: ExpertStack, expert: number, numbers: Float32Array): void {
  const { lane, index } = placeOf(stack, expert);
  for (const { name, offset, length } of lane.parameters.places) {
    const from = offset / lane.count;
    shareOf(lane, name, index).set(numbers.subarray(from, from + length / lane.count));
  }
}
