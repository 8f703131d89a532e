/** JSON as programs write it: JSON.parse for what Python and others add to it. */
import { isSpace } from './byte-window';

/** What JSON does not know, or a double would round. */
const needsCare = /NaN|Infinity|\d{16}/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|-?\bInfinity\b|\bNaN\b/g;

/**
 * The value of a JSON text. NaN and infinities are null, and an integer that a number would round is a string of its digits.
 * Throws SyntaxError where it is no JSON.
 */
export function parseJson(text: string): unknown {
  if (!needsCare.test(text)) return JSON.parse(text) as unknown;
  let plain = '';
  let place = 0;
  while (place < text.length) {
    const quote = text.indexOf('"', place);
    const begin = quote === -1 ? text.length : quote;
    plain += text.slice(place, begin).replaceAll(NUMBER, plainNumber);
    place = endOfString(text, begin);
    plain += text.slice(begin, place);
  }
  return JSON.parse(plain) as unknown;
}

function plainNumber(token: string): string {
  if (token.endsWith('N') || token.endsWith('y')) return 'null';
  return /^-?[1-9]\d*$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}

/** The place after the string that begins here; the text's end where it is not closed. */
function endOfString(text: string, begin: number): number {
  for (let quote = text.indexOf('"', begin + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const MAX_DEPTH = 100_000;

const isOpening = (byte: number): boolean => byte === 0x7b || byte === 0x5b;
/** What may stand before the beginning of a value or a key within another value: `{`, `[`, `,` and `:`. */
const mayPrecede = (byte: number): boolean => isOpening(byte) || byte === COMMA || byte === 0x3a;

/** Finds where a value of JSON ends, as its bytes come. Whether it is valid JSON is for the parser to say. */
export class ValueEnd {
  private readonly open: number[] = [];
  private inString = false;
  private isEscaped = false;
  /** The last byte that is neither white space nor in a string; 0 at first. */
  private last = 0;
  /** In a number or a word that stands in nothing else: the end of the stream may end it. */
  isWord = false;

  /**
   * Goes through `bytes` from `from` on. Returns the place after the value's last byte, "more" where it goes on, "broken" where no
   * JSON goes on like this.
   */
  find(bytes: Uint8Array, from: number): number | 'more' | 'broken' {
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i];
      if (this.inString) {
        if (byte < 0x20) return 'broken';
        if (this.isEscaped) this.isEscaped = false;
        else if (byte === BACKSLASH) this.isEscaped = true;
        else if (byte === QUOTE) {
          this.inString = false;
          if (this.open.length === 0) return i + 1;
        }
      } else if (this.open.length === 0) {
        if (this.isWord) {
          if (isSpace(byte) || byte === COMMA || byte === 0x5d || byte === 0x7d) return i;
        } else if (!this.begin(byte)) this.isWord = true;
      } else if (!isSpace(byte)) {
        const within = this.within(byte);
        if (within === 'broken') return 'broken';
        if (this.open.length === 0) return i + 1;
      }
    }
    return 'more';
  }

  /** Whether a string, list or object begins with this byte. */
  private begin(byte: number): boolean {
    if (byte === QUOTE) this.inString = true;
    else if (isOpening(byte)) this.open.push(byte);
    else return false;
    this.last = byte;
    return true;
  }

  private within(byte: number): 'broken' | undefined {
    const { last } = this;
    if (byte === 0x7d || byte === 0x5d) {
      // In ASCII, what closes stands two places after what opens.
      if (this.open.pop() !== byte - 2) return 'broken';
    } else if (this.begin(byte) && (!mayPrecede(last) || this.open.length > MAX_DEPTH)) return 'broken';
    this.last = byte;
    return undefined;
  }
}
