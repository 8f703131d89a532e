/**
 * What a kind of run says of itself: `kinds/<kind>/spec.ts`. Free of schemas, because the editor loads it when it starts; what the coordinator
 * does for it is in `coordinator.ts` beside it, and what its process does in `work.ts`.
 */
import type { Raw, Rule, SettingsTable, Values, Wanted } from '../base/settings';

/**
 * Runs that compute share the device and go one after the other; those that read and write files go beside them; those of `stages` have no
 * process, but lead runs of other kinds, each in its own lane.
 */
export type Lane = 'device' | 'files' | 'stages';

/** A run of another kind that does a part of the work. */
export interface Stage {
  readonly kind: string;
  /** Whether it is needed with these values; always by default. */
  readonly applies?: (values: Raw) => boolean;
  /** What it is told; `made`: the result of the stage before. */
  readonly told: (values: Raw, made: string | undefined) => Raw;
}

/** One of the ways to do a kind of run, with settings of its own. */
export interface Variant {
  readonly label: string;
  readonly settings: SettingsTable;
}

export interface RunKind<K extends string = string, S extends SettingsTable = SettingsTable> {
  readonly kind: K;
  /** "Training", "Split": as listings call such a run. */
  readonly label: string;
  readonly lane: Lane;
  /** What it makes: what can be done next depends on that. */
  readonly makes:
    'dataset' | 'index' | 'questions' | 'split' | 'experts' | 'mixer' | 'council' | 'evaluation' | 'table' | 'model';
  /** One run of it, for people: "Split into 6 piles". */
  readonly title: (values: Raw) => string;
  /** Keys of the settings that tell one run of it from another, where its title does not. */
  readonly telling?: readonly string[];
  /** Whether it tells figures of its progress, step by step. */
  readonly curves?: true;
  /** In the order of lists: what the run is about, what a person sets first, what costs, then name, seed and device. */
  readonly settings: S;
  /** Further settings, by the value of one of them. */
  readonly variants?: { readonly by: string; readonly of: Readonly<Record<string, Variant>> };
  /** What does not go together. */
  readonly rules?: readonly Rule[];
  /** Of the lane `stages`: the runs that do its work, one after the other. */
  readonly stages?: readonly Stage[];
  /** Whether it takes long enough to be estimated before it starts without being asked. */
  readonly long?: (values: Raw) => boolean;
  /** A specification of an earlier version in today's words, beyond keys that have new names. */
  readonly upgrade?: (former: Raw) => Raw;
}

/** What a run of a kind is told. */
export type SpecOf<D> = D extends RunKind<infer K, infer S> ? { readonly kind: K } & Values<S> : never;
/** The same before defaults are filled in. */
export type WantedOf<D> = D extends RunKind<infer K, infer S> ? { readonly kind: K } & Wanted<S> : never;

/** All settings that a run of a kind takes beside these values: those of a variant stand after the one that chooses it. */
export function settingsFor({ settings, variants }: RunKind, values: Raw): SettingsTable {
  if (variants === undefined) return settings;
  const chosen = values[variants.by] ?? settings[variants.by].default;
  const own = Object.entries(variants.of[String(chosen)]?.settings ?? {});
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, setting]) => [[key, setting], ...(key === variants.by ? own : [])]),
  );
}

/** The stages that a run has with these values. */
export function stagesOf({ stages = [] }: RunKind, values: Raw): readonly Stage[] {
  return stages.filter(({ applies }) => applies?.(values) ?? true);
}

/** Whether a run is of a kind. What it was told was checked when it was started. */
export function isKind<S extends { readonly kind: string }>(
  kind: S['kind'],
  spec: { readonly kind: string },
): spec is S {
  return spec.kind === kind;
}

/** The last part of a path, for titles. */
export const lastPart = (path: unknown): string => String(path).split(/[\\/]/).filter(Boolean).at(-1) ?? '';
