// How well noise is found: node dist/bench/noise.js <corpus.jsonl> [--k <n>] [--seeds 1,2,3] [--each <n>] [--prefix <tokens>].
// Plants texts that belong to no domain among the corpus's, splits by perplexity EM, and prints which of them, and which of the
// corpus's own, are told as outliers. What the corpus itself has of noise counts against precision.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { methodTable } from '../backend/split/methods/table';
import { splitBy } from '../backend/split/split-by';
import type { TokenizedDocument } from '../backend/corpus/tokenized';
import { LanguageModel } from '../backend/model/language-model';
import { findModel } from '../backend/model-files/source';
import { createRandom } from '../backend/base/random';
import { noises, noiseText } from './noise-texts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    k: { type: 'string', default: '6' },
    seeds: { type: 'string', default: '1,2,3' },
    each: { type: 'string', default: '25' },
    prefix: { type: 'string', default: '64' },
  },
});
const lines = (await readFile(positionals[0], 'utf8')).trim().split('\n');
const texts = lines.map((line) => (JSON.parse(line) as { text: string }).text);
const each = Number(options.each);
const model = await LanguageModel.open((await findModel('base')).folder);
const watch = { report: (): void => undefined, signal: new AbortController().signal };

process.stdout.write(
  `| seed | ${noises.join(' | ')} | of the corpus's own ${texts.length} | precision | recall | s |\n`,
);
process.stdout.write(`|---:|${'---:|'.repeat(noises.length + 4)}\n`);
for (const seed of options.seeds.split(',').map(Number)) {
  const random = createRandom(seed, 999);
  const planted = noises.flatMap((noise) =>
    Array.from({ length: each }, () => noiseText(noise, texts[random.below(texts.length)], random)),
  );
  const train = [...texts, ...planted].map((text, i): TokenizedDocument => ({
    id: String(i),
    text,
    tokens: model.tokenizer.encode(text),
    bytes: Buffer.byteLength(text),
  }));
  const corpus = { name: 'noise', train, validation: train.slice(0, 50), test: [] };
  const task = { model, corpus, k: Number(options.k), seed, watch };
  const prefix = Number(options.prefix);
  const { outliers = [], seconds } = await splitBy(methodTable, 'em', task, { prefix });
  const found = noises.map((_, i) => {
    const from = texts.length + i * each;
    return outliers.filter((row) => row >= from && row < from + each).length;
  });
  const hits = found.reduce((a, b) => a + b);
  const own = outliers.length - hits;
  const cells = found.map((count) => `${count} of ${each}`).join(' | ');
  const [precision, recall] = [hits / outliers.length, hits / planted.length].map((share) => share.toFixed(2));
  process.stdout.write(`| ${seed} | ${cells} | ${own} | ${precision} | ${recall} | ${seconds.toFixed(0)} |\n`);
}
await model.dispose();
