import { join } from 'node:path';
import { loadSample } from '../backend/corpus/sample/samples';
import { exists, readJson } from '../backend/base/files';
import { createRandom } from '../backend/base/random';
import { readDocuments } from '../pretrain/corpus';
import { recipe } from '../pretrain/recipe';
import { byteLetters } from '../backend/model/tokenizer/bytes';

/** A text to measure on, in passages that a language model reads one by one. */
export interface TestText {
  readonly name: string;
  readonly passages: readonly string[];
}

const sampleSeed = 1;

/**
 * The Brown corpus, and the held-out part of the pretraining corpus where the cache has it; of each, that fraction of the
 * passages, chosen at random and kept in order.
 */
export async function testTexts(cache: string, fraction: number): Promise<TestText[]> {
  const heldout: string[] = [];
  const path = join(cache, 'heldout.jsonl');
  if (await exists(path)) for await (const { text } of readDocuments(path)) heldout.push(text);
  return [
    { name: 'Brown', passages: await brownPassages(fraction) },
    { name: 'held-out', passages: sample(heldout, fraction) },
  ].filter(({ passages }) => passages.length > 0);
}

/** That fraction of the passages of the Brown corpus. */
export async function brownPassages(fraction: number): Promise<string[]> {
  const { train, validation, test } = await loadSample('sample:brown');
  const all = [...train, ...validation, ...test].sort((a, b) => (a.id < b.id ? -1 : 1));
  return sample(
    all.map(({ text }) => text),
    fraction,
  );
}

function sample(passages: readonly string[], fraction: number): string[] {
  const order = createRandom(sampleSeed).shuffle(passages.map((_, i) => i));
  const chosen = order.slice(0, Math.ceil(fraction * passages.length));
  return chosen.sort((a, b) => a - b).map((i) => passages[i]);
}

/** The text behind a stretch of the token stream, documents one after another. */
export async function textOf(tokens: Uint16Array, modelFolder: string): Promise<Buffer> {
  const pieces = await tokenBytes(modelFolder);
  const text = Buffer.alloc(tokens.reduce((sum, token) => sum + pieces[token].length, 0));
  let at = 0;
  for (const token of tokens) at += pieces[token].copy(text, at);
  return text;
}

/** The bytes that each token of the byte-level vocabulary stands for; none for the separator of documents. */
async function tokenBytes(modelFolder: string): Promise<Buffer[]> {
  const file = await readJson(join(modelFolder, 'tokenizer.json'), "The model's tokenizer");
  const { model } = file as { model: { vocab: Record<string, number> } };
  const bytes = new Map(byteLetters.map((letter, byte) => [letter, byte]));
  const pieces: Buffer[] = [];
  for (const [symbol, id] of Object.entries(model.vocab)) {
    pieces[id] = Buffer.from(
      id === recipe.config.beginToken ? [] : Array.from(symbol, (letter) => bytes.get(letter) ?? 0),
    );
  }
  return pieces;
}
