import { type SourceLine, MAX_RECORD_BYTES, decodeUtf8, tooLong, withoutMark } from './lines';
import type { ReadRecord } from './record';

/** The pieces of one big text between blank lines. */
export async function* readParagraphs(lines: AsyncIterable<SourceLine>): AsyncGenerator<ReadRecord> {
  let begin = 0;
  let text = '';
  /** The end of the last line, which is not part of the piece unless another line follows. */
  let end = '';
  let reason: string | undefined;
  const finish = (): ReadRecord[] => {
    const piece: ReadRecord | undefined =
      begin === 0 ? undefined : reason === undefined ? { line: begin, fields: { text } } : { line: begin, reason };
    [begin, text, end, reason] = [0, '', '', undefined];
    return piece === undefined ? [] : [piece];
  };
  for await (const line of lines) {
    if ('text' in line && line.text.trim() === '') {
      yield* finish();
      continue;
    }
    if (begin === 0) begin = line.number;
    if ('reason' in line) reason ??= line.reason;
    else {
      text += end + line.text;
      end = line.end;
    }
    if (text.length > MAX_RECORD_BYTES) {
      reason ??= tooLong(begin, MAX_RECORD_BYTES).reason;
      text = '';
    }
  }
  yield* finish();
}

/**
 * The pieces of one big text between separators, to the character. Pieces of white space only are passed over. A line feed
 * in the separator also stands for CRLF where the text has that.
 */
export async function* readPieces(
  chunks: AsyncIterable<Uint8Array>,
  separator: string,
  maxBytes: number = MAX_RECORD_BYTES,
): AsyncGenerator<ReadRecord> {
  let mark: Buffer | undefined;
  let rest = Buffer.alloc(0);
  let isTooLong = false;
  /** The lines of what lies behind, and where the piece begins. */
  let line = 1;
  let begin = 1;
  const finish = (bytes: Buffer): ReadRecord[] => {
    if (isTooLong || bytes.length > maxBytes) return [{ line: begin, reason: tooLong(begin, maxBytes).reason }];
    const text = decodeUtf8(bytes);
    if (text === undefined) return [{ line: begin, reason: 'not valid UTF-8' }];
    return text.trim() === '' ? [] : [{ line: begin, fields: { text: begin === 1 ? withoutMark(text) : text } }];
  };
  for await (const chunk of chunks) {
    let from = Math.max(0, rest.length - (mark?.length ?? 1) + 1);
    rest = Buffer.concat([rest, chunk]);
    mark ??= Buffer.from(isCrLf(rest) ? separator.replaceAll(/\r?\n/g, '\r\n') : separator);
    for (let end = rest.indexOf(mark, from); end !== -1; end = rest.indexOf(mark, from)) {
      yield* finish(rest.subarray(0, end));
      line += newlines(rest.subarray(0, end + mark.length));
      rest = rest.subarray(end + mark.length);
      [isTooLong, begin, from] = [false, line, 0];
    }
    if (rest.length <= maxBytes + mark.length) continue;
    // What may be the beginning of a separator stays; of the rest only its lines count.
    isTooLong = true;
    const drop = rest.length - mark.length + 1;
    line += newlines(rest.subarray(0, drop));
    rest = Buffer.from(rest.subarray(drop));
  }
  if (rest.length > 0 || isTooLong) yield* finish(rest);
}

/** `\n`, `\r`, `\t` and `\\` as a person types them. */
export function unescapeSeparator(typed: string): string {
  const characters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
  return typed.replaceAll(/\\([nrt\\])/g, (_, letter: string) => characters[letter]);
}

function isCrLf(bytes: Buffer): boolean {
  const first = bytes.indexOf('\n');
  return first > 0 && bytes[first - 1] === 0x0d;
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let place = bytes.indexOf('\n'); place !== -1; place = bytes.indexOf('\n', place + 1)) count++;
  return count;
}
