// What 8-bit products with frozen weights do to learning: node dist/bench/products.js <corpus.jsonl> [--model <name>]
// [--steps 300] [--seeds 1,2,3] [--rows 2] [--context 128] [--rate 0.001]. LoRA learns the same batches with either kind of product;
// what both have learned reads held-out texts in full. First the cosine between both gradients of untrained adapters.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type Products, products } from '../backend/base/precision';
import { createRandom } from '../backend/base/random';
import { type AdapterStack, createAdapters, defaultLora } from '../backend/model/adapters/adapter';
import { LanguageModel } from '../backend/model/language-model';
import { score } from '../backend/model/score';
import { TextGradients } from '../backend/model/training/text-gradients';
import { TrainStep } from '../backend/model/training/train-step';
import { findModel } from '../backend/model-files/source';
import { defaultAdamW } from '../backend/tensor/optimizer';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'base' },
    steps: { type: 'string', default: '300' },
    seeds: { type: 'string', default: '1' },
    rows: { type: 'string', default: '2' },
    context: { type: 'string', default: '128' },
    rate: { type: 'string', default: '0.001' },
  },
});
const [steps, B, T, rate] = [options.steps, options.rows, options.context, options.rate].map(Number);
const seeds = options.seeds.split(',').map(Number);
const heldOut = 24;
const { folder, name } = await findModel(options.model);

/** Stretches of T + 1 tokens of the corpus, in an order of the seed's own. */
async function stretches({ tokenizer }: LanguageModel, seed: number, count: number): Promise<Int32Array[]> {
  const texts: string[] = [];
  const lines = createInterface({ input: createReadStream(positionals[0]) });
  for await (const line of lines) texts.push((JSON.parse(line) as { text: string }).text);
  const random = createRandom(seed);
  const found: Int32Array[] = [];
  while (found.length < count) {
    const tokens = Int32Array.from([...tokenizer.encode(texts[random.below(texts.length)])]);
    if (tokens.length > T) found.push(tokens.subarray(0, T + 1));
  }
  return found;
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** Nats per token of all texts. */
async function losses(model: LanguageModel, texts: readonly Int32Array[], stack?: AdapterStack): Promise<number> {
  return mean((await score(model, texts, stack)).map(mean));
}

interface Learned {
  /** Of every fifty steps the mean loss. */
  readonly curve: readonly number[];
  readonly stack: AdapterStack;
}

async function learn(model: LanguageModel, texts: readonly Int32Array[], seed: number): Promise<Learned> {
  const stack = createAdapters(model.config, defaultLora, { count: 1, seed });
  const step = await TrainStep.experts(model, stack, { optimizer: defaultAdamW, batch: { B, T } });
  const seen: number[] = [];
  for (let i = 0; i < steps; i++) {
    const tokens = new Int32Array(B * (T + 1));
    for (let row = 0; row < B; row++) tokens.set(texts[i * B + row], row * (T + 1));
    seen.push((await step.run({ tokens, k: 1, B, T }, rate)).losses[0]);
  }
  await step.fetch();
  await step.dispose();
  const curve = Array.from({ length: Math.ceil(steps / 50) }, (_, i) => mean(seen.slice(50 * i, 50 * i + 50)));
  return { curve, stack };
}

/** Of so many texts, one after another. */
async function gradientsOf(model: LanguageModel, texts: readonly Int32Array[]): Promise<Float32Array> {
  const adapter = createAdapters(model.config, defaultLora, { count: 1, seed: 1 });
  const gradients = await TextGradients.open(model, adapter, { slots: texts.length, length: T });
  const found = await gradients.run(texts.map((tokens) => ({ tokens, weights: new Float32Array(T).fill(1 / T) })));
  await gradients.dispose();
  return found;
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

process.stdout.write(`${name}, ${steps} steps of ${B} × ${T} tokens, rate ${rate}, ${heldOut} texts held out\n`);
const rows: string[] = [];
for (const seed of seeds) {
  const learned = new Map<Products, Learned>();
  const gradients: Float32Array[] = [];
  for (const kind of products) {
    const model = await LanguageModel.open(folder, { products: kind });
    const texts = await stretches(model, seed, heldOut + steps * B);
    gradients.push(await gradientsOf(model, texts.slice(0, 4)));
    const before = await losses(model, texts.slice(0, heldOut));
    learned.set(kind, await learn(model, texts.slice(heldOut), seed));
    await model.dispose();
    process.stdout.write(`seed ${seed}, ${kind}: ${before.toFixed(4)} before; ${curveOf(learned.get(kind))}\n`);
  }
  const model = await LanguageModel.open(folder);
  const texts = await stretches(model, seed, heldOut);
  const after: number[] = [];
  for (const { stack } of learned.values()) after.push(await losses(model, texts, stack));
  await model.dispose();
  const [full, int8] = after;
  const agree = cosine(gradients[0], gradients[1]).toFixed(4);
  rows.push(`| ${seed} | ${full.toFixed(4)} | ${int8.toFixed(4)} | ${(int8 - full).toFixed(4)} | ${agree} |`);
  process.stdout.write(`${rows.at(-1)}\n`);
}

function curveOf(learned: Learned | undefined): string {
  return (learned?.curve ?? []).map((loss) => loss.toFixed(3)).join(' ');
}
