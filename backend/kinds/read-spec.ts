/** From what somebody asks for to what a run is told. */
import { UserError } from '../base/errors';
import { defaultsOf, type Raw, type SettingsTable } from '../base/settings';
import { readValues, withNewNames } from '../base/settings-schema';
import type { RunSpec } from '../protocol/run';
import { type RunKind, settingsFor, type SpecOf } from './kind';
import type { KindTable } from './specs';

/** Throws UserError where there is no such kind. */
export function kindNamed(kinds: KindTable, name: string): RunKind {
  if (Object.hasOwn(kinds, name)) return kinds[name];
  throw new UserError(
    `There is no kind of run ${JSON.stringify(name)}.`,
    `The kinds are ${Object.keys(kinds).join(', ')}.`,
  );
}

/** What a run of a kind is told, defaults filled in. Throws UserError as `readValues` does. */
export function readSpec(kinds: KindTable, given: RunSpec): RunSpec {
  const kind = kindNamed(kinds, given.kind);
  return { kind: kind.kind, ...readSettings(kind, given) };
}

/** The same for a kind that is known. */
export function specOf<K extends string, S extends SettingsTable>(
  kind: RunKind<K, S>,
  given: Raw,
): SpecOf<RunKind<K, S>> {
  return { kind: kind.kind, ...readSettings(kind, given) } as SpecOf<RunKind<K, S>>;
}

function readSettings(kind: RunKind, given: Raw): Raw {
  const { kind: _, ...values } = inTodaysWords(kind, given);
  return readValues<SettingsTable>(settingsFor(kind, values), values, kind.rules);
}

/**
 * The specification of a run of an earlier version, for people and for going on with it: settings that it did not have yet are as they are where
 * nobody says anything. One of a kind that is gone stays as it is.
 */
export function upgradeSpec(kinds: KindTable, spec: RunSpec): RunSpec {
  const kind = Object.hasOwn(kinds, spec.kind) ? kinds[spec.kind] : undefined;
  if (kind === undefined) return spec;
  const told = inTodaysWords(kind, spec);
  return { ...defaultsOf(settingsFor(kind, told)), ...told, kind: spec.kind };
}

function inTodaysWords(kind: RunKind, given: Raw): Raw {
  const upgraded = kind.upgrade?.(given) ?? given;
  return withNewNames(settingsFor(kind, upgraded), upgraded);
}
