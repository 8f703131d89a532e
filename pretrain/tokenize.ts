import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import type { Watch } from '../backend/protocol/progress';
import { createRandom } from '../backend/protocol/random';
import { readDocuments, type SourceSummary } from './corpus';
import { Encoder } from './tokenizer/encoder';

/** Seed of the order of documents in the token files. */
const orderSeed = 1;

/** Every so many documents, the ids are compared with those of the library that the product uses. */
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
  const encoder = await Encoder.load(modelFolder);
  const library = await loadLibrary(modelFolder);
  const train = await tokenizeFile(cache, 'documents.jsonl', 'train.u16', encoder, library, watch);
  const heldout = await tokenizeFile(cache, 'heldout.jsonl', 'heldout.u16', encoder, library, watch);
  const record: CorpusRecord = {
    trainTokens: train.tokens,
    heldoutTokens: heldout.tokens,
    heldoutBytes: heldout.bytes,
    sources,
  };
  await writeFile(join(cache, 'corpus.json'), JSON.stringify(record, undefined, 1));
  return record;
}

async function loadLibrary(modelFolder: string): Promise<Tokenizer> {
  const [tokenizer, config] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map(async (name) => {
      return JSON.parse(await readFile(join(modelFolder, name), 'utf8')) as object;
    }),
  );
  return new Tokenizer(tokenizer, config);
}

async function tokenizeFile(
  cache: string,
  from: string,
  to: string,
  encoder: Encoder,
  library: Tokenizer,
  watch: Watch,
): Promise<{ tokens: number; bytes: number }> {
  const encoded: Uint16Array[] = [];
  let bytes = 0;
  for await (const { text } of readDocuments(join(cache, from))) {
    if (encoded.length % 5000 === 0) {
      watch.signal.throwIfAborted();
      watch.report({ stage: `encoding ${from}`, done: encoded.length, total: encoded.length, unit: 'documents' });
    }
    const ids = encoder.encode(text);
    if (encoded.length % checkEvery === 0) checkAgainst(library, text, ids);
    encoded.push(Uint16Array.of(0, ...ids));
    bytes += Buffer.byteLength(text);
  }
  const shuffled = createRandom(orderSeed).shuffle(encoded);
  await writeFile(join(cache, to), littleEndian(shuffled));
  return { tokens: encoded.reduce((sum, ids) => sum + ids.length, 0), bytes };
}

function checkAgainst(library: Tokenizer, text: string, ids: readonly number[]): void {
  const expected = library.encode(text, { add_special_tokens: false }).ids;
  if (expected.length !== ids.length || expected.some((id, i) => id !== ids[i])) {
    throw new Error(`The encoder and @huggingface/tokenizers disagree on "${text.slice(0, 80)}".`);
  }
  if (library.decode([...ids], { skip_special_tokens: false }) !== text) {
    throw new Error(`The tokenizer does not give back "${text.slice(0, 80)}".`);
  }
}

function littleEndian(parts: readonly Uint16Array[]): Buffer {
  const buffer = Buffer.alloc(2 * parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) for (const id of part) at = buffer.writeUInt16LE(id, at);
  return buffer;
}
