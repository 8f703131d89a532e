import { LanguageModel } from '../backend/model/language-model';
import { score, windows } from '../backend/model/score';
import type { Watch } from '../backend/base/progress';
import { progressOf } from '../pretrain/checkpoint';
import { readStream } from '../pretrain/data';
import { recipe } from '../pretrain/recipe';
import { type Compressor, gzip, isPresent, primed, xz } from './bits-per-byte-compressors';
import type { BitsPerByteReport, Measurement } from './bits-per-byte-report';
import { brownPassages, type TestText, testTexts, textOf } from './bits-per-byte-texts';
import { NgramModel } from './ngram';

export interface BitsPerByteOptions {
  readonly cache: string;
  readonly modelFolder: string;
  /** Part of the passages to measure on, the same for all methods. */
  readonly fraction: number;
}

const order = 5;

/** A text with its passages' tokens, each after the begin token. */
interface Text {
  readonly name: string;
  readonly data: Buffer;
  readonly passages: readonly Int32Array[];
}

/**
 * Bits per byte of the bundled model, of general compressors and of a 5-gram model. All are measured on the same bytes:
 * the passages themselves. The models read each passage by itself, after the begin token; the compressors get the
 * passages one after another as one file, once alone and once after the training text that the model has seen as much of.
 */
export async function measureBitsPerByte(options: BitsPerByteOptions, watch: Watch): Promise<BitsPerByteReport> {
  const { cache, modelFolder, fraction } = options;
  const model = await LanguageModel.open(modelFolder);
  const texts = (await testTexts(cache, fraction)).map((text) => encoded(text, model));
  const { steps, tokensSeen } = await progressOf(modelFolder);
  const stream = await readStream(cache);
  const seen = stream.subarray(0, tokensSeen);

  const measurements = [await ofModel(model, tokensSeen, texts, watch)];
  measurements.push(await ofNgrams(seen, `the first ${millions(seen.length)} tokens`, texts, watch));
  if (seen.length < stream.length) {
    measurements.push(await ofNgrams(stream, `all ${millions(stream.length)} tokens`, texts, watch));
  }
  const training = { text: await textOf(seen, modelFolder), label: `the first ${millions(seen.length)} tokens` };
  const notes = fraction < 1 ? [`Measured on ${(100 * fraction).toFixed(0)} % of the passages, chosen at random.`] : [];
  for (const compressor of [gzip, xz]) {
    if (await isPresent(compressor)) measurements.push(...(await ofCompressor(compressor, training, texts, watch)));
    else notes.push(`${compressor.name} is not on this machine and was left out.`);
  }
  await model.dispose();
  return {
    model: { name: model.name, parameters: model.size, steps, tokensSeen },
    texts: texts.map(({ name, data, passages }) => {
      const tokens = passages.reduce((sum, passage) => sum + passage.length - 1, 0);
      return { name, passages: passages.length, bytes: data.length, tokens };
    }),
    measurements,
    notes,
  };
}

/** Bits per byte of a model on that fraction of the passages of the Brown corpus. */
export async function modelBitsPerByte(modelFolder: string, fraction: number): Promise<number> {
  const model = await LanguageModel.open(modelFolder);
  const text = encoded({ name: 'Brown', passages: await brownPassages(fraction) }, model);
  const bits = await modelBits(model, text);
  await model.dispose();
  return bits / text.data.length;
}

function encoded({ name, passages }: TestText, model: LanguageModel): Text {
  const data = Buffer.from(passages.join(''));
  return { name, data, passages: passages.map((text) => model.tokenizer.encode(text)) };
}

/** Asks for the bits of each text and divides by its bytes. */
async function measure(
  { method, prior }: Omit<Measurement, 'bitsPerByte'>,
  texts: readonly Text[],
  watch: Watch,
  bits: (text: Text) => number | Promise<number>,
): Promise<Measurement> {
  const bitsPerByte: Record<string, number> = {};
  for (const [done, text] of texts.entries()) {
    watch.signal.throwIfAborted();
    watch.report({ stage: method, done, total: texts.length, unit: 'texts', note: prior });
    bitsPerByte[text.name] = (await bits(text)) / text.data.length;
  }
  return { method, prior, bitsPerByte };
}

function ofModel(model: LanguageModel, tokensSeen: number, texts: readonly Text[], watch: Watch): Promise<Measurement> {
  const label = { method: model.name, prior: `${millions(tokensSeen)} tokens` };
  return measure(label, texts, watch, (text) => modelBits(model, text));
}

async function modelBits(model: LanguageModel, { passages }: Text): Promise<number> {
  const nats = await score(
    model,
    passages.flatMap((passage) => windows(passage, recipe.context)),
  );
  return nats.reduce((sum, part) => sum + bitsOf(part), 0);
}

function ofNgrams(stream: Uint16Array, prior: string, texts: readonly Text[], watch: Watch): Promise<Measurement> {
  const method = `${order}-gram, modified Kneser–Ney`;
  watch.report({ stage: method, done: 0, total: texts.length, unit: 'texts', note: 'counting' });
  const { vocabularySize, beginToken } = recipe.config;
  const ngrams = NgramModel.train(stream, { order, vocabularySize, beginToken });
  return measure({ method, prior }, texts, watch, ({ passages }) =>
    passages.reduce((sum, passage) => sum + bitsOf(ngrams.nats(passage)), 0),
  );
}

async function ofCompressor(
  compressor: Compressor,
  training: { readonly text: Buffer; readonly label: string },
  texts: readonly Text[],
  watch: Watch,
): Promise<Measurement[]> {
  const { window } = compressor;
  const part = training.text.length > window ? `their last ${window / 1024} KiB` : megabytes(training.text);
  const ready = await primed(compressor, training.text);
  const run = ({ name, size }: Compressor, prior: string): Promise<Measurement> =>
    measure({ method: name, prior }, texts, watch, async ({ data }) => 8 * (await size(data)));
  return [await run(compressor, 'nothing'), await run(ready, `${training.label}: ${part}`)];
}

function bitsOf(nats: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < nats.length; i++) sum += nats[i];
  return sum / Math.LN2;
}

function megabytes(data: Buffer): string {
  return `${(data.length / 1e6).toFixed(0)} MB`;
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} M`;
}
