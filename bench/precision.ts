// What rounded weights cost when a text is written token by token: node dist/bench/precision.js [--model <name>] [--texts <n>].
// Reads test passages of the sample corpus with full weights, then with 8 and 4 bits, and prints nats per token with the 95 %
// interval of the difference (paired bootstrap over passages).
import { parseArgs } from 'node:util';
import { loadSample } from '../backend/corpus/sample/samples';
import { pairedBootstrap } from '../backend/evaluate/intervals';
import { aggregatePerplexity, type DocumentScore } from '../backend/evaluate/statistics';
import { Decoder } from '../backend/model/decoding/decoder';
import { LanguageModel } from '../backend/model/language-model';
import { logSoftmaxOf } from '../backend/model/decoding/sampling';
import { findModel } from '../backend/model-files/source';
import { type Precision, precisions } from '../backend/base/precision';

const { values: options } = parseArgs({
  options: { model: { type: 'string', default: 'base' }, texts: { type: 'string', default: '40' } },
});
const { folder, name } = await findModel(options.model);
const { test } = await loadSample('sample:brown');
const texts = test.slice(0, Number(options.texts));

/** Nats of each passage, all but its first token. */
async function read(precision: Precision): Promise<DocumentScore[]> {
  const model = await LanguageModel.open(folder, { precision });
  const scores: DocumentScore[] = [];
  for (const { id, text } of texts) {
    const tokens = Int32Array.from([...model.tokenizer.encode(text)]).subarray(0, 256);
    const decoder = await Decoder.create(model);
    let nll = 0;
    for (let i = 0; i + 1 < tokens.length; i++) {
      const { logits } = await decoder.read([tokens[i]]);
      nll -= logSoftmaxOf(logits, 0, logits.length)[tokens[i + 1]];
    }
    decoder.dispose();
    scores.push({ id, nll, tokens: tokens.length - 1, bytes: Buffer.byteLength(text) });
  }
  await model.dispose();
  return scores;
}

const full = await read('full');
process.stdout.write(`${name}, ${texts.length} passages\n`);
for (const precision of precisions) {
  const scores = precision === 'full' ? full : await read(precision);
  const { macroNats } = aggregatePerplexity(scores);
  const { deltaNats, lo, hi } = pairedBootstrap([scores], [full]);
  const [more, from, to] = [deltaNats, lo, hi].map((nats) => nats.toFixed(4));
  process.stdout.write(`${precision}: ${macroNats.toFixed(4)} nats per token, ${more} (${from} to ${to}) above full\n`);
}
