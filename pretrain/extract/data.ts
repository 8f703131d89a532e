import { gunzipSync, inflateSync } from 'node:zlib';
import { oneLine, plain, unwrap, type Blocks } from './text';

/** WordNet's data files: one entry a line, as "word (noun): gloss; "example"". */
export function wordnet(source: string): Blocks {
  const kinds: Record<string, string> = { n: 'noun', v: 'verb', a: 'adjective', s: 'adjective', r: 'adverb' };
  const blocks: Blocks = [];
  for (const line of source.split('\n')) {
    const [entry = '', gloss] = line.split(' | ');
    if (gloss === undefined || line.startsWith('  ')) continue;
    const fields = entry.split(' ');
    const words = Array.from({ length: parseInt(fields[3], 16) }, (_, i) => fields[4 + 2 * i]);
    const spelled = words.map((word) => word.replace(/_/g, ' ').replace(/\(\w+\)$/, ''));
    blocks.push(`${spelled.join(', ')} (${kinds[fields[2]] ?? 'word'}): ${oneLine(gloss)}.`);
  }
  return blocks;
}

/** A dictd dictionary: each headword at the margin with its indented definition as one block. */
export function dictd(source: string): Blocks {
  const entries = source.split(/\n(?=\S)/).filter((entry) => !/^(00-?database|\d+-database)/.test(entry));
  return entries.map((entry) => {
    const clean = entry
      .replace(/\\[^\\\n]{1,80}\\/g, '')
      .replace(
        /\[(1913 Webster|PJC|WordNet[^\]]*|RH|Webster Suppl\.|L\.|[A-Z][^\]]{0,400}(see|fr\.|akin|from|\+)[^\]]{0,400})\.?\]/gi,
        '',
      )
      .replace(/[{}]/g, '')
      .replace(/^\s*\(\d{4}-\d{2}-\d{2}\)\s*$/gm, '');
    return clean
      .split(/\n\s*\n/)
      .map((part) => unwrapDefinition(part))
      .filter((part) => part !== '')
      .join('\n');
  });
}

function unwrapDefinition(part: string): string {
  return oneLine(part).replace(/ ,/g, ',');
}

/** Fortune cookies and the description files of roguelikes: records between lines of percent signs. */
export function fortunes(source: string): Blocks {
  return source.split(/^%+\s*$/m).map((record) => unwrap(record.replace(/\t/g, '    ')));
}

/**
 * Strings of R data files: `.rda` is one gzip stream, `.rdb` a chain of length-prefixed zlib streams, both of R's XDR
 * serialisation, where a string is flags ending in type 9, a big-endian length, and its bytes.
 */
export function rdata(bytes: Buffer): Blocks {
  const parts = bytes[0] === 0x1f ? [gunzipSync(bytes)] : rdbStreams(bytes);
  const lines: string[] = [];
  for (const part of parts) {
    for (let at = 0; at + 8 < part.length; at++) {
      if (part[at] !== 0 || part[at + 2] !== 0 || part[at + 3] !== 9 || part[at + 1] > 0x0c) continue;
      const length = part.readInt32BE(at + 4);
      if (length < 0 || length > 20_000 || at + 8 + length > part.length) continue;
      lines.push(part.toString('utf8', at + 8, at + 8 + length));
      at += 7 + length;
    }
    lines.push('');
  }
  return plain(lines.join('\n'));
}

function rdbStreams(bytes: Buffer): Buffer[] {
  const streams: Buffer[] = [];
  let at = 0;
  while (at + 6 < bytes.length && bytes[at + 4] === 0x78) {
    const inflated = inflateSync(bytes.subarray(at + 4), { info: true }) as unknown as Inflated;
    streams.push(inflated.buffer);
    at += 4 + inflated.engine.bytesWritten;
  }
  return streams;
}

/** What zlib returns with `info: true`; Node's types leave it out. */
interface Inflated {
  buffer: Buffer;
  engine: { bytesWritten: number };
}

/** A SWORD Bible (compressed `zText`): the chain of zlib blocks, with the markup of the verses removed. */
export function sword(bytes: Buffer): Blocks {
  const blocks: Blocks = [];
  let at = 0;
  for (;;) {
    at = bytes.indexOf(zlibStart, at);
    if (at < 0) return blocks;
    const inflated = tryInflate(bytes.subarray(at));
    if (inflated === undefined) {
      at++;
      continue;
    }
    const text = inflated.buffer.toString('utf8').replace(/<(note|title|RF|FI)\b[\s\S]*?<\/?(note|title|Rf|Fi)>/g, '');
    const paragraphs = text
      .replace(/<(lb|milestone|chapter|div|CM|CL|lg|l|p)\b[^>]*>/g, '\n\n')
      .replace(/<[^>]*>/g, ' ');
    blocks.push(...paragraphs.split(/\n{2,}/).map((part) => oneLine(part).replace(/ ([,.;:?!])/g, '$1')));
    at += inflated.engine.bytesWritten;
  }
}

const zlibStart = Buffer.from([0x78, 0x9c]);

/** The stream at the start of the bytes; nothing when these two bytes were not the start of one. */
function tryInflate(bytes: Buffer): Inflated | undefined {
  try {
    return inflateSync(bytes, { info: true }) as unknown as Inflated;
  } catch {
    return undefined;
  }
}
