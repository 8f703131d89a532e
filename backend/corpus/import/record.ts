/** A record of the source, as its format gives it; `line` is the physical line (from 1) where it begins. */
export interface SourceRecord {
  readonly line: number;
  /** Its number, from 1, where lines do not tell records apart. */
  readonly number?: number | undefined;
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
