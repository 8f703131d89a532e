/**
 * Compares texts: what a model reads of prompts, what it writes after them greedily, and its losses, with transformers and with
 * llama.cpp on the same float weights:
 *
 *     npm run build && node dist/test/reference/texts.js <model folder or .gguf> [--python <python>] [--llama <float.gguf>]
 *         [--written F32|F16|BF16|Q8_0|Q4_0] [--prompts <how many of the 20>]
 *
 * `--written` has llama.cpp read a file that is written here, in weights of that type.
 * README.md says what both need. Fails where a token differs or a loss by more than 1e-4. Not part of `npm test`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Decoder } from '../../backend/model/decoding/decoder';
import { generate, speakerOf } from '../../backend/model/decoding/generate';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { mergedTensors } from '../../backend/model/merging/model';
import { openBase } from '../../backend/model/weights/base-model';
import { toFloat32 } from '../../backend/model/weights/floats';
import { writtenTypes } from '../../backend/model-files/gguf/quantize';
import { writeGgufModel } from '../../backend/model-files/gguf/writing/model';
import type { Rows } from '../../backend/model-files/gguf/writing/tensors';
import { findModel } from '../../backend/model-files/source';

const [threads, tokens, limit] = [2, 32, 1e-4];
/** Nats by which two tokens may differ and still be as probable: llama.cpp computes some of its steps in half precision. */
const tie = 1e-2;
const allPrompts = [
  ...['The', 'Once upon a time', 'The capital of France is', 'To bake bread, you first', 'In 1969, the first people'],
  ...[
    'def add(a, b):\n    return',
    '1 + 1 = 2\n2 + 2 =',
    'Dear Sir or Madam,\n\n',
    '“Where are you going?” she',
    'Q: What is a keel?\nA:',
  ],
  ...[
    'The captain said that the wind',
    'Water boils at',
    ' leading space',
    'A list:\n- apples\n-',
    'Die Hauptstadt von',
    'naïve café',
  ],
  ...['She opened the door and', 'The court ruled that', 'import numpy as', 'Good morning! How'],
];

interface Other {
  readonly ids: readonly number[][];
  readonly written: readonly number[][];
  readonly losses?: readonly number[][];
  readonly version: string;
}

async function greedy(model: LanguageModel, prompt: Int32Array): Promise<number[]> {
  const decoder = await Decoder.create(model);
  const settings = { temperature: 0, topP: 1, seed: 1, maxTokens: tokens, stop: [] };
  const written: number[] = [];
  for await (const { id } of generate(speakerOf(decoder), model.tokenizer, prompt, settings)) written.push(id);
  decoder.dispose();
  return written;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    llama: { type: 'string' },
    written: { type: 'string' },
    prompts: { type: 'string' },
  },
});
const prompts = allPrompts.slice(0, Number(options.prompts ?? allPrompts.length));
const watch = { report: (): void => undefined, signal: new AbortController().signal };
const { folder } = await findModel(positionals[0] ?? 'base', watch);
const model = await LanguageModel.open(folder, { threads });
const { tokenizer } = model;
const ids = prompts.map((prompt) => [...tokenizer.prompt(prompt)]);
const written: number[][] = [];
for (const prompt of ids) written.push(await greedy(model, Int32Array.from(prompt)));
const sequences = prompts.map((prompt, i) => [...tokenizer.encode(prompt), ...written[i]]);
const losses = await score(model, sequences.map((sequence) => Int32Array.from(sequence))); // prettier-ignore
const place = await mkdtemp(join(tmpdir(), 'polymath-texts-'));
const [input, output] = [join(place, 'input.json'), join(place, 'output.json')];
await writeFile(input, JSON.stringify({ prompts, sequences, threads, tokens, ends: [...tokenizer.endTokens] }));

/** Whether two answers are the same; the first token in which they differ is told, and is none where both are as probable. */
async function isSame(i: number, own: readonly number[], other: readonly number[]): Promise<boolean> {
  const at = own.findIndex((token, t) => token !== other[t]);
  if (at === -1) return own.length === other.length;
  const ended = [own[at], other[at]].map((token) => Int32Array.from([...ids[i], ...own.slice(0, at), token]));
  const [here = 0, there = 0] = (await score(model, ended)).map((nats) => nats[nats.length - 1]);
  const gap = Math.abs(there - here);
  console.log(
    `  ${JSON.stringify(prompts[i])}, token ${at + 1}: ${own[at]} here, ${other[at]} there, ${gap.toExponential(1)} nats apart`,
  );
  return gap < tie;
}

async function compare(name: string, command: readonly string[]): Promise<void> {
  execFileSync(command[0], command.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
  const other = JSON.parse(await readFile(output, 'utf8')) as Other;
  const equal = (one: readonly number[], two: readonly number[]): boolean => one.join() === two.join();
  const read = ids.filter((own, i) => equal(own, other.ids[i])).length;
  const worst = Math.max(
    0,
    ...(other.losses ?? []).flatMap((all, i) => all.map((loss, t) => Math.abs(loss - losses[i][t]))),
  );
  const same = (await Promise.all(written.map((own, i) => isSame(i, own, other.written[i])))).filter(Boolean).length;
  console.log(
    `${name} ${other.version}: ${read} of ${prompts.length} prompts read alike, ${same} answers of ${tokens} tokens equal`,
  );
  if (other.losses !== undefined) console.log(`losses differ by ${worst.toExponential(1)} at most, limit ${limit}`);
  if (read < prompts.length || same < prompts.length || !(worst <= limit)) process.exitCode = 1;
}

console.log(
  `${model.name}: begin token ${tokenizer.beginToken ?? 'none'}, prefix ${tokenizer.prefixToken}, end ${tokenizer.endToken}`,
);
if (options.python !== undefined) {
  await compare('transformers', [options.python, 'test/reference/texts.py', model.folder, input, output]);
}
if (options.llama !== undefined) {
  await compare('llama.cpp', [process.execPath, 'bench/llama.cpp/texts.mjs', resolve(options.llama), input, output]);
}
const type = writtenTypes.find((one) => one === options.written);
if (type !== undefined) {
  const base = await openBase(folder);
  const tensors = mergedTensors(base, [], { dtype: 'F32', watch });
  const rows = async function* (name: string): Rows {
    for await (const bytes of tensors(name)) yield toFloat32('F32', bytes);
  };
  const path = join(place, 'written.gguf');
  await writeGgufModel(path, { base, folder, name: model.name, type, rows, origin: {} });
  await compare(`${type} written here, llama.cpp`, [
    process.execPath,
    'bench/llama.cpp/texts.mjs',
    path,
    input,
    output,
  ]);
}
await rm(place, { recursive: true });
await model.dispose();
