/**
 * How a long step survives an interruption. It offers its state at points from which it could go on; whoever runs it decides
 * when a state is written. A step that starts again loads the state offered last and goes on from there, to the same bits.
 */
import { type BundleArray, pack, unpack } from './bundle';
import type { Watch } from './progress';

/** What a step needs to go on: plain values and typed arrays, nested at will. */
export type State = Readonly<Record<string, unknown>>;

export interface Checkpointer {
  /** The state kept last under this name. */
  load(name: string): State | undefined;
  /**
   * Offers a state. `capture` is called only when it is time to write, or when the step is asked to stop; then, once the
   * state is on disk, the signal's reason is thrown.
   */
  offer(name: string, capture: () => State | Promise<State>): Promise<void>;
  /** Keeps the result of a finished step; what its parts had kept is dropped. */
  finish(name: string, result: State): void;
}

/** The same watch for a part of the step: what it keeps stands under `name`. */
export function within(watch: Watch, name: string): Watch {
  const { checkpointer } = watch;
  if (checkpointer === undefined) return watch;
  const full = (part: string): string => `${name}/${part}`;
  return {
    ...watch,
    checkpointer: {
      load: (part) => checkpointer.load(full(part)),
      offer: (part, capture) => checkpointer.offer(full(part), capture),
      finish: (part, result) => checkpointer.finish(full(part), result),
    },
  };
}

/** How a result becomes a state and comes back. */
export interface Codec<T> {
  readonly save: (value: T) => State;
  readonly restore: (state: State) => T;
}

/** For results that are plain values and typed arrays already. */
export function plainCodec<T>(): Codec<T> {
  return { save: (value) => ({ value }), restore: ({ value }) => value as T };
}

/** The result of a part of a step: computed once, and after an interruption taken from what was kept. */
export async function once<T>(
  watch: Watch,
  name: string,
  codec: Codec<T>,
  compute: (watch: Watch) => Promise<T>,
): Promise<T> {
  const known = watch.checkpointer?.load(name);
  if (known !== undefined) return codec.restore(known);
  const result = await compute(within(watch, name));
  watch.checkpointer?.finish(name, codec.save(result));
  return result;
}

/** Offers a state where there is a checkpointer, and stops the step where it is asked to stop. */
export async function offer(watch: Watch, name: string, capture: () => State | Promise<State>): Promise<void> {
  await watch.checkpointer?.offer(name, capture);
  watch.signal.throwIfAborted();
}

/** States as JSON and arrays, for a bundle. */
export function packStates(states: ReadonlyMap<string, State>): { json: unknown; arrays: Map<string, BundleArray> } {
  return pack(Object.fromEntries(states));
}

export function unpackStates(bundle: { json: unknown; arrays: ReadonlyMap<string, BundleArray> }): Map<string, State> {
  return new Map(Object.entries(unpack(bundle) as Record<string, State>));
}
