import { gunzipSync } from 'node:zlib';
import { dictd, fortunes, rdata, sword, wordnet } from './data';
import { crossfire, json, quoted, settings, wesnoth } from './game';
import { html, latex, pod, roff } from './markup';
import { comments } from './comments';
import { code, markdown, normalise, plain, type Blocks } from './text';

const textual = {
  code, comments, crossfire, dictd, fortunes, html, json, latex, markdown, plain, pod, quoted, roff, settings, wesnoth, wordnet,
}; // prettier-ignore
const binary = { rdata, sword };

/** How the text of a source's files is found. */
export type Extractor = keyof typeof textual | keyof typeof binary;

/** The paragraphs of one file, normalised; gzip is opened. A file that cannot be read as its kind gives nothing. */
export function extract(bytes: Buffer, extractor: Extractor): Blocks {
  try {
    if (extractor === 'rdata' || extractor === 'sword') return binary[extractor](bytes).map(normalise);
    const opened = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
    return textual[extractor](decode(opened).replace(/\r\n?/g, '\n')).map(normalise);
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return [];
    throw error;
  }
}

/** UTF-8, or Latin-1 where the bytes are not UTF-8. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
