import { UserError } from '../../base/errors';
import type { ByteWindow } from './byte-window';
import { parseJson, ValueEnd } from './json-text';
import { decodeUtf8, tooLong } from './lines';
import type { RejectedRecord } from './record';

/** Of the cap on a value: how much is read a second time after values that never end, in all of one stream. */
const REREAD = 4;
const [COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x2c, 0x5b, 0x5d, 0x7b, 0x7d];
const invalid = 'not valid JSON: ';

export interface FoundValue {
  /** Where it begins. */
  readonly line: number;
  readonly value: unknown;
}

type Attempt = { readonly value: unknown; readonly bytes: number } | { readonly reason: string };

/** The values of a stream of JSON one after the other, where it begins with a list those in the list. */
export class JsonValues {
  /** Whether the stream is made of lists. */
  hasLists = false;
  private inList = false;
  private isFirst = true;
  /** What was read last in a list: its beginning, a value, a comma, or something broken, after which both may follow. */
  private last: 'begin' | 'value' | 'comma' | 'broken' = 'begin';
  private reread: number;
  /** The line where the value before this one began, or the list. */
  private lineBefore = 0;

  constructor(
    private readonly window: ByteWindow,
    private readonly maxBytes: number,
  ) {
    this.reread = REREAD * maxBytes;
  }

  async isAtEnd(): Promise<boolean> {
    return (await this.window.nextByte()) === undefined;
  }

  /** Undefined at the end. */
  async next(): Promise<FoundValue | RejectedRecord | undefined> {
    if (this.isFirst) await this.dropMark();
    for (;;) {
      const byte = await this.window.nextByte();
      const { line } = this.window;
      if (!this.inList) {
        if (byte === undefined) return undefined;
        if (byte !== OPEN_LIST || !(this.hasLists || this.isFirst)) return this.value(line);
        [this.inList, this.hasLists, this.last, this.lineBefore] = [true, true, 'begin', line];
        this.window.drop(1);
      } else {
        const wrong = this.inListWrong(byte);
        if (wrong !== undefined) return { line, reason: invalid + wrong };
        if (byte !== undefined && byte !== COMMA && byte !== CLOSE_LIST) return this.value(line);
      }
      this.isFirst = false;
    }
  }

  private async dropMark(): Promise<void> {
    while (this.window.length < 3 && (await this.window.more()));
    if (this.window.bytes.subarray(0, 3).equals(Buffer.from('\uFEFF'))) this.window.drop(3);
  }

  /** Takes a comma or the end of the list, and says what is wrong with it there. */
  private inListWrong(byte: number | undefined): string | undefined {
    const { last } = this;
    if (byte === undefined) {
      this.inList = false;
      return 'the list is never closed, so the file is cut short';
    }
    if (byte === CLOSE_LIST) {
      this.window.drop(1);
      this.inList = false;
      return last === 'comma' ? 'a comma before the end of the list' : undefined;
    }
    if (byte === COMMA) {
      this.window.drop(1);
      this.last = 'comma';
      return last === 'begin' || last === 'comma' ? 'a comma with no value before it' : undefined;
    }
    if (last !== 'value') return undefined;
    this.last = 'broken';
    return 'no comma before this value';
  }

  private async value(line: number): Promise<FoundValue | RejectedRecord> {
    const isFirst = this.isFirst;
    this.isFirst = false;
    const ofLine = this.inList ? undefined : await this.parseLine();
    const read = ofLine !== undefined && 'value' in ofLine ? ofLine : await this.parseOn(ofLine, line, isFirst);
    if ('value' in read) {
      this.window.drop(read.bytes);
      this.last = 'value';
      this.lineBefore = line;
      return { line, value: read.value };
    }
    await this.skip(line, read.reason);
    this.lineBefore = line;
    this.last = 'broken';
    return { line, reason: read.reason };
  }

  /** The rest of this line as one value; undefined where the line is too long to know. */
  private async parseLine(): Promise<Attempt | undefined> {
    const end = await this.window.lineFeed(this.maxBytes);
    if (end === -1 && this.window.length > this.maxBytes) return undefined;
    const bytes = end === -1 ? this.window.length : end;
    return bytes > this.maxBytes ? undefined : parsed(this.window.bytes.subarray(0, bytes));
  }

  /** The value that begins here, over as many lines as it takes; `ofLine` is what is wrong with its first line alone. */
  private async parseOn(ofLine: Attempt | undefined, line: number, isFirst: boolean): Promise<Attempt> {
    const { window } = this;
    if (this.reread < 0 && ofLine !== undefined) return ofLine;
    const finder = new ValueEnd();
    let end: number | 'more' | 'broken';
    for (let from = 0; ; from = window.length) {
      end = finder.find(window.bytes, from);
      if ((end === 'more' ? window.length : Number(end)) > this.maxBytes) {
        if (isFirst && !this.inList && window.bytes[0] === OPEN_OBJECT) throw oneLongObject();
        return { reason: tooLong(line, this.maxBytes).reason };
      }
      if (end !== 'more') break;
      if (await window.more()) continue;
      end = finder.isWord ? window.length : 'broken';
      break;
    }
    const attempt = end === 'broken' ? undefined : parsed(window.bytes.subarray(0, end));
    if (attempt !== undefined && 'value' in attempt && (this.inList || (await this.endsWell(attempt.bytes))))
      return attempt;
    this.reread -= window.length;
    return attempt !== undefined && 'reason' in attempt
      ? attempt
      : (ofLine ?? { reason: `${invalid}it does not end as it should` });
  }

  /** Whether a value outside of a list is followed by the end of its line, or by another one like it. */
  private async endsWell(bytes: number): Promise<boolean> {
    const { window } = this;
    for (let place = bytes; ; place++) {
      if (place === window.length && !(await window.more())) return true;
      const byte = window.bytes[place];
      if (byte === 0x0a || byte === window.bytes[0]) return true;
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
    }
  }

  /**
   * Goes on at the next line that is indented no deeper than what is broken. Throws UserError where a list stands on one line:
   * nothing tells where its next value begins.
   */
  private async skip(line: number, reason: string): Promise<void> {
    const { window } = this;
    const { column } = window;
    for (;;) {
      for (let end = await window.lineFeed(0); end !== 0; end = await window.lineFeed(0)) {
        if (end > 0) window.drop(end);
        else if (window.length > 0) window.drop(window.length);
        else if (this.inList && line === this.lineBefore) throw oneLine(line, reason);
        else return;
      }
      window.drop(1);
      const byte = await window.nextByte();
      if (byte === undefined) return;
      if (window.column > column) continue;
      if (byte === CLOSE_OBJECT) window.drop(1);
      else if (byte !== CLOSE_LIST || this.inList) return;
      else window.drop(1);
      if (byte === CLOSE_OBJECT) return;
    }
  }
}

function parsed(bytes: Uint8Array): Attempt {
  const text = decodeUtf8(bytes);
  if (text === undefined) return { reason: 'not valid UTF-8' };
  try {
    return { value: parseJson(text), bytes: bytes.length };
  } catch (error) {
    // V8 quotes what it stumbles over, which may be long.
    const message = error instanceof Error ? error.message : String(error);
    return { reason: invalid + message.slice(0, 200) };
  }
}

function oneLongObject(): UserError {
  return new UserError(
    'The file begins with one value that is longer than 64 MiB.',
    "Write a record per line, for example: jq -c '.data[]' OLD.json > NEW.jsonl",
  );
}

function oneLine(line: number, reason: string): UserError {
  return new UserError(
    `Line ${line} holds a list that is ${reason}. Where its next record begins cannot be known.`,
    'Mend that place, or write a record per line (JSONL).',
  );
}
