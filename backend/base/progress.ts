import type { Checkpointer } from './checkpoint';

/** What a long step tells whoever watches it. */
export interface Progress {
  /** The step, in the user's words: "training experts". */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** What `done` and `total` count: "tokens", "documents". */
  readonly unit: string;
  /** The latest figure worth seeing, for example "loss 3.41". */
  readonly note?: string;
  /** Figures of this moment for curves, by name: "loss". */
  readonly values?: Readonly<Record<string, number>>;
}

/** Where a long step reports, and how it hears that it must stop: it calls `signal.throwIfAborted()` between steps. */
export interface Watch {
  readonly report: (progress: Progress) => void;
  readonly signal: AbortSignal;
  /** Where the step keeps what it needs to go on after an interruption; without it, it begins anew. */
  readonly checkpointer?: Checkpointer;
}

/** Tokens that went through models: what a run cost, beside its time and memory. */
export interface TokenCount {
  trained: number;
  scored: number;
}

export function noTokens(): TokenCount {
  return { trained: 0, scored: 0 };
}

/** Lets signals and timers through, which a long computation keeps waiting: ONNX Runtime blocks the event loop during a run. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets the event loop run, so that a request to stop is heard between rounds; rejects with the signal's reason then. */
export async function pause(watch: Watch | undefined): Promise<void> {
  await yieldToEventLoop();
  watch?.signal.throwIfAborted();
}

/** The same watch under another stage's name: for a step that serves a larger one. */
export function renamed(watch: Watch, stage: string): Watch {
  return { ...watch, report: (progress) => watch.report({ ...progress, stage }) };
}
