import { UserError } from '../../base/errors';
import { decodeUtf8 } from './lines';

/** Bytes at the head of a file that are judged. */
const HEAD = 2 ** 16;

/** Passes a text's bytes on once its head has been found to be UTF-8 for the most part. Throws UserError where it is not. */
export async function* requireUtf8(path: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer[] | undefined = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head.push(chunk);
    if (bytes < HEAD) continue;
    judge(path, Buffer.concat(head));
    yield* head;
    head = undefined;
  }
  if (head === undefined) return;
  judge(path, Buffer.concat(head));
  yield* head;
}

function judge(path: string, head: Buffer): void {
  const other = otherEncoding(head.subarray(0, HEAD));
  if (other === undefined) return;
  const convert = other.name === undefined ? '' : `: iconv -f ${other.name} -t UTF-8 OLD > NEW`;
  throw new UserError(`${path} is ${other.what}, not UTF-8.`, `Convert it to UTF-8 and import that${convert}`);
}

/** What a text is encoded in where it is mostly no UTF-8; `name` is the one that iconv knows. */
export function otherEncoding(head: Buffer): { readonly what: string; readonly name?: string } | undefined {
  const mark = head.subarray(0, 4).toString('hex');
  if (mark === 'fffe0000' || mark === '0000feff') return { what: 'UTF-32', name: 'UTF-32' };
  if (mark.startsWith('fffe') || mark.startsWith('feff')) return { what: 'UTF-16', name: 'UTF-16' };
  // Of Latin letters in UTF-16 without a mark, every second byte is 0.
  const zeros = [0, 0];
  head.forEach((byte, i) => (zeros[i % 2] += byte === 0 ? 1 : 0));
  if (head.length >= 8 && Math.max(...zeros) > 0.3 * head.length) {
    return zeros[1] > zeros[0] ? { what: 'UTF-16', name: 'UTF-16LE' } : { what: 'UTF-16', name: 'UTF-16BE' };
  }
  const lines = splitLines(head).filter((line) => line.length > 0);
  const broken = lines.filter((line) => decodeUtf8(line) === undefined).length;
  if (lines.length < 3 || broken <= lines.length / 2) return undefined;
  return head.includes(0)
    ? { what: 'binary data' }
    : { what: 'in an 8-bit encoding such as Windows-1252', name: 'WINDOWS-1252' };
}

/** The lines of a head; the last one, which may be cut within a character, is left out where there are others. */
function splitLines(head: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = head.indexOf('\n'); end !== -1; end = head.indexOf('\n', start)) {
    lines.push(head.subarray(start, end));
    start = end + 1;
  }
  if (lines.length === 0) lines.push(head);
  return lines;
}
