/** The metadata of a GGUF file: named values, each of its own type. */
import { UserError } from '../../base/errors';
import type { Cursor, NumericArray } from './cursor';

export type GgufValue = number | bigint | boolean | string | NumericArray | readonly string[];

/** Models have about fifty. */
const mostKeys = 2 ** 16;
/** The format's own limit. */
const longestKey = 2 ** 16 - 1;
/** The longest strings are chat templates, of some ten thousand characters. */
const longestString = 2 ** 20;
/** Strings in all arrays together: the largest vocabularies and their merges have fewer than a million. */
const mostStrings = 2 ** 21;
/** A key with its length, its type, and a value of one byte. */
const smallestEntry = 8 + 1 + 4 + 1;

const stringType = 8;
const arrayType = 9;
const booleanType = 7;

interface Scalar {
  readonly bytes: number;
  readonly read: (bytes: Buffer) => number | bigint;
  readonly array: new (length: number) => NumericArray;
}

const scalars: Readonly<Record<number, Scalar>> = {
  0: { bytes: 1, read: (b) => b.readUInt8(), array: Uint8Array },
  1: { bytes: 1, read: (b) => b.readInt8(), array: Int8Array },
  2: { bytes: 2, read: (b) => b.readUInt16LE(), array: Uint16Array },
  3: { bytes: 2, read: (b) => b.readInt16LE(), array: Int16Array },
  4: { bytes: 4, read: (b) => b.readUInt32LE(), array: Uint32Array },
  5: { bytes: 4, read: (b) => b.readInt32LE(), array: Int32Array },
  6: { bytes: 4, read: (b) => b.readFloatLE(), array: Float32Array },
  [booleanType]: { bytes: 1, read: (b) => b.readUInt8(), array: Uint8Array },
  10: { bytes: 8, read: (b) => b.readBigUInt64LE(), array: BigUint64Array },
  11: { bytes: 8, read: (b) => b.readBigInt64LE(), array: BigInt64Array },
  12: { bytes: 8, read: (b) => b.readDoubleLE(), array: Float64Array },
};

/** Reads so many entries. Throws UserError for keys that stand twice and for whatever does not fit into the file. */
export function readMetadata(cursor: Cursor, count: number): GgufMetadata {
  if (count > Math.min(mostKeys, cursor.remaining / smallestEntry)) {
    throw cursor.damaged(`it would have ${count} entries of metadata`);
  }
  const values = new Map<string, GgufValue>();
  const budget = { strings: mostStrings };
  for (let i = 0; i < count; i++) {
    const key = cursor.string(`the name of metadata entry ${i + 1}`, longestKey);
    if (values.has(key)) throw cursor.damaged(`its metadata has ${key} twice`);
    values.set(key, readValue(cursor, key, budget));
  }
  return new GgufMetadata(cursor.path, values);
}

function readValue(cursor: Cursor, key: string, budget: { strings: number }): GgufValue {
  const type = cursor.uint32();
  if (type === stringType) return cursor.string(key, longestString);
  if (type === arrayType) return readArray(cursor, key, budget);
  const scalar = scalars[type];
  if (scalar === undefined) throw cursor.damaged(`${key} has the unknown type ${type}`);
  const value = scalar.read(cursor.bytes(scalar.bytes));
  return type === booleanType ? value !== 0 : value;
}

function readArray(cursor: Cursor, key: string, budget: { strings: number }): NumericArray | string[] {
  const type = cursor.uint32();
  const length = cursor.count(`the length of ${key}`);
  const scalar = scalars[type];
  if (scalar !== undefined) {
    if (length * scalar.bytes > cursor.remaining) throw cursor.damaged(`${key} would have ${length} items`);
    return cursor.array(scalar.array, length);
  }
  if (type !== stringType) throw cursor.damaged(`${key} is a list of the unknown type ${type}`);
  budget.strings -= length;
  if (budget.strings < 0 || length * 8 > cursor.remaining) throw cursor.damaged(`${key} would have ${length} items`);
  const strings: string[] = [];
  for (let i = 0; i < length; i++) strings.push(cursor.string(`item ${i} of ${key}`, longestString));
  return strings;
}

/** Metadata by key, read as what a key is meant to be. All methods throw UserError where it is something else. */
export class GgufMetadata {
  constructor(
    private readonly path: string,
    private readonly values: ReadonlyMap<string, GgufValue>,
  ) {}

  /** Whether it says anything but 0, false or nothing. */
  isSet(key: string): boolean {
    return Boolean(this.values.get(key));
  }

  optionalString(key: string): string | undefined {
    return this.optional(key, 'a text', (value) => (typeof value === 'string' ? value : undefined));
  }

  optionalBoolean(key: string): boolean | undefined {
    return this.optional(key, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined));
  }

  optionalNumber(key: string): number | undefined {
    return this.optional(key, 'a number', (value) => (Number.isFinite(value) ? Number(value) : undefined));
  }

  /** A whole number from 0 on. */
  optionalCount(key: string): number | undefined {
    return this.optional(key, 'a count', (value) => {
      const count = typeof value === 'bigint' ? Number(value) : value;
      return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
    });
  }

  optionalStrings(key: string): readonly string[] | undefined {
    return this.optional(key, 'a list of texts', (value) => (isStrings(value) ? value : undefined));
  }

  optionalNumbers(key: string): Float32Array | Int32Array | Uint32Array | undefined {
    return this.optional(key, 'a list of numbers', (value) =>
      value instanceof Float32Array || value instanceof Int32Array || value instanceof Uint32Array ? value : undefined,
    );
  }

  count(key: string): number {
    return this.needed(key, this.optionalCount(key));
  }

  number(key: string): number {
    return this.needed(key, this.optionalNumber(key));
  }

  string(key: string): string {
    return this.needed(key, this.optionalString(key));
  }

  strings(key: string): readonly string[] {
    return this.needed(key, this.optionalStrings(key));
  }

  private optional<T>(key: string, what: string, read: (value: GgufValue) => T | undefined): T | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    const result = read(value);
    if (result === undefined) throw this.wrong(`${key} is not ${what}`);
    return result;
  }

  private needed<T>(key: string, value: T | undefined): T {
    if (value === undefined) throw this.wrong(`${key} is missing`);
    return value;
  }

  private wrong(why: string): UserError {
    return new UserError(`The metadata of ${this.path} describe no model: ${why}.`, 'Make or fetch the file again.');
  }
}

function isStrings(value: GgufValue): value is readonly string[] {
  return Array.isArray(value);
}
