/** One line of a byte stream, counted from 1: its text and how it ended, or why it has no text. */
export type SourceLine =
  | { readonly number: number; readonly text: string; readonly end: '' | '\n' | '\r\n' | '\r' }
  | { readonly number: number; readonly reason: string };

/** Longest record that is read, in bytes: it bounds the memory that one hostile or broken record can take. */
export const MAX_RECORD_BYTES = 64 * 2 ** 20;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Cuts a stream of UTF-8 bytes into lines (LF or CRLF, or CR alone; byte order mark allowed). Bytes are collected until the line is
 * whole and only then decoded, so a character on the edge of two chunks survives and a broken one spoils its own line only.
 * Of a line longer than `maxBytes` nothing is kept.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes = MAX_RECORD_BYTES, ends = 'LF' }: { readonly maxBytes?: number; readonly ends?: 'LF' | 'CR' } = {},
): AsyncGenerator<SourceLine> {
  const mark = ends === 'LF' ? NEWLINE : CARRIAGE_RETURN;
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let number = 0;
  const collect = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(part);
    else parts = [];
  };
  const finish = (end: '' | '\n' | '\r'): SourceLine => {
    number++;
    const line = bytes > maxBytes ? tooLong(number, maxBytes) : toLine(joined(parts), number, end);
    parts = [];
    bytes = 0;
    return line;
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(mark); end !== -1; end = chunk.indexOf(mark, start)) {
      collect(chunk.subarray(start, end));
      yield finish(ends === 'LF' ? '\n' : '\r');
      start = end + 1;
    }
    if (start < chunk.length) collect(chunk.subarray(start));
  }
  if (bytes > 0) yield finish('');
}

export function tooLong(number: number, maxBytes: number): { number: number; reason: string } {
  const limit = maxBytes % 2 ** 20 === 0 ? `${maxBytes / 2 ** 20} MiB` : `${maxBytes} bytes`;
  return { number, reason: `longer than ${limit}` };
}

// `ignoreBOM: true` means: leave the mark in the text. It may stand at the head of the file only.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of UTF-8 bytes, undefined where they are none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text of the beginning of a file, which may end within a character. */
export function decodeHead(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes, { stream: true });
}

/** The text without the byte order mark that may stand before it. */
export function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function toLine(bytes: Uint8Array, number: number, end: '' | '\n' | '\r'): SourceLine {
  const isCrLf = end === '\n' && bytes.at(-1) === CARRIAGE_RETURN;
  const text = decodeUtf8(isCrLf ? bytes.subarray(0, -1) : bytes);
  if (text === undefined) return { number, reason: 'not valid UTF-8' };
  return { number, text: number === 1 ? withoutMark(text) : text, end: isCrLf ? '\r\n' : end };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}
