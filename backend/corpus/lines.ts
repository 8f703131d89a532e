/** One line of a byte stream, counted from 1: its text without the line end, or why it has none. */
export interface Line {
  readonly number: number;
  readonly content: LineContent;
}

export type LineContent =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'rejected'; readonly reason: string };

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Cuts a stream of UTF-8 bytes into lines (LF or CRLF, byte order mark allowed). Bytes are collected until the line is
 * whole and only then decoded, so a character on the edge of two chunks survives and a broken one spoils its own line only.
 * Of a line longer than `maxBytes` nothing is kept.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let number = 0;
  const collect = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(part);
    else parts = [];
  };
  const finish = (): Line => {
    const content: LineContent =
      bytes > maxBytes
        ? { kind: 'rejected', reason: `longer than ${maxBytes} bytes` }
        : decode(Buffer.concat(parts), number === 0);
    parts = [];
    bytes = 0;
    return { number: ++number, content };
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      collect(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    if (start < chunk.length) collect(chunk.subarray(start));
  }
  if (bytes > 0) yield finish();
}

// `ignoreBOM: true` means: leave the mark in the text. It may stand at the head of the file only.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(line: Uint8Array, isFirst: boolean): LineContent {
  const end = line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length;
  try {
    const text = utf8.decode(line.subarray(0, end));
    return { kind: 'text', text: isFirst && text.startsWith('\uFEFF') ? text.slice(1) : text };
  } catch {
    return { kind: 'rejected', reason: 'not valid UTF-8' };
  }
}
