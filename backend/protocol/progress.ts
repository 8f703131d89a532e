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
}

/** Where a long step reports, and how it hears that it must stop: it calls `signal.throwIfAborted()` between steps. */
export interface Watch {
  readonly report: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** The same watch under another stage's name: for a step that serves a larger one. */
export function renamed(watch: Watch, stage: string): Watch {
  return { signal: watch.signal, report: (progress) => watch.report({ ...progress, stage }) };
}
