/** A record of the source, as its format gives it; `line` is the physical line (from 1) where it begins. */
export interface SourceRecord {
  readonly line: number;
  /** Own properties only: a field may well be called `__proto__`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A record that could not be read, and why. */
export interface RejectedRecord {
  readonly line: number;
  readonly reason: string;
}

export type ReadRecord = SourceRecord | RejectedRecord;

export function isRejected<T extends object>(record: T | RejectedRecord): record is RejectedRecord {
  return 'reason' in record;
}

/** A field of a record, undefined where it has none of this name. */
export function field(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
