import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '../backend/model/tokenizer/tokenizer';
import type { Watch } from '../backend/base/progress';
import { createRandom } from '../backend/base/random';
import { readDocuments, type SourceSummary } from './corpus';

/** Seed of the order of documents in the token files. */
const orderSeed = 1;

/** Every so many documents, the text is made of the ids again. */
const checkEvery = 400;

/** What the token files hold; also the record of the corpus for the model card. */
export interface CorpusRecord {
  readonly trainTokens: number;
  readonly heldoutTokens: number;
  /** UTF-8 bytes of the held-out text, for bits per byte. */
  readonly heldoutBytes: number;
  readonly sources: readonly SourceSummary[];
}

/**
 * Encodes `documents.jsonl` and `heldout.jsonl` of the cache folder to `train.u16` and `heldout.u16`: little-endian
 * unsigned 16-bit token ids, the documents of all sources in one random order, each after the separator (id 0). Writes
 * `corpus.json` beside them.
 */
export async function tokenizeCorpus(
  cache: string,
  modelFolder: string,
  sources: readonly SourceSummary[],
  watch: Watch,
): Promise<CorpusRecord> {
  const tokenizer = await Tokenizer.open(modelFolder);
  const train = await tokenizeFile(cache, 'documents.jsonl', 'train.u16', tokenizer, watch);
  const heldout = await tokenizeFile(cache, 'heldout.jsonl', 'heldout.u16', tokenizer, watch);
  const record: CorpusRecord = {
    trainTokens: train.tokens,
    heldoutTokens: heldout.tokens,
    heldoutBytes: heldout.bytes,
    sources,
  };
  await writeFile(join(cache, 'corpus.json'), JSON.stringify(record, undefined, 1));
  return record;
}

async function tokenizeFile(
  cache: string,
  from: string,
  to: string,
  tokenizer: Tokenizer,
  watch: Watch,
): Promise<{ tokens: number; bytes: number }> {
  const encoded: Uint16Array[] = [];
  let bytes = 0;
  for await (const { text } of readDocuments(join(cache, from))) {
    if (encoded.length % 5000 === 0) {
      watch.signal.throwIfAborted();
      watch.report({ stage: `encoding ${from}`, done: encoded.length, total: encoded.length, unit: 'documents' });
    }
    const ids = tokenizer.encode(text);
    if (encoded.length % checkEvery === 0 && tokenizer.decode(ids) !== text) {
      throw new Error(`The tokenizer does not give back "${text.slice(0, 80)}".`);
    }
    encoded.push(Uint16Array.from(ids));
    bytes += Buffer.byteLength(text);
  }
  const shuffled = createRandom(orderSeed).shuffle(encoded);
  await writeFile(join(cache, to), littleEndian(shuffled));
  return { tokens: encoded.reduce((sum, ids) => sum + ids.length, 0), bytes };
}

function littleEndian(parts: readonly Uint16Array[]): Buffer {
  const buffer = Buffer.alloc(2 * parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) for (const id of part) at = buffer.writeUInt16LE(id, at);
  return buffer;
}
