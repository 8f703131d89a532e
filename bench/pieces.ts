/** The measured pieces of work: each sets itself up and can then be run again and again. */
import { createAdapters, defaultLora } from '../backend/model/adapter';
import { architectureOf } from '../backend/model/architectures/table';
import { Decoder } from '../backend/model/decoder';
import type { LanguageModel } from '../backend/model/language-model';
import { Parameters } from '../backend/model/parameters';
import { score } from '../backend/model/score';
import { TrainStep } from '../backend/model/train-step';
import { createRandom } from '../backend/protocol/random';
import { defaultAdamW } from '../backend/tensor/optimizer';
import { adapterStepFlops, forwardFlops, fullStepFlops, type Work } from './flops';
import type { models } from './models';

export interface Piece {
  readonly name: string;
  readonly model: keyof typeof models;
  /** How often the work is repeated between two looks at the yardstick, and how often that. */
  readonly inner: number;
  readonly repetitions: number;
  readonly prepare: (model: LanguageModel) => Promise<Prepared>;
  readonly targets?: { readonly ofPeak?: number; readonly peakMiB?: number; readonly ofOther?: number };
  /** Another piece whose tokens/s this one is compared with. */
  readonly comparedWith?: string;
}

export interface Prepared {
  readonly tokens: number;
  /** Floating-point operations of one run; none where rows are so few that reading weights bounds the speed. */
  readonly flops?: number;
  readonly run: () => Promise<unknown>;
}

const rank = defaultLora.rank;
/** As many as scoring has at once. */
const logitsPerChunk = 2 ** 23;

function randomTokens(model: LanguageModel, count: number): Int32Array {
  const random = createRandom(2);
  return Int32Array.from({ length: count }, () => random.below(model.config.vocabularySize));
}

function forward({ rows, context }: Work): Piece['prepare'] {
  return (model) => {
    const sequences = Array.from({ length: rows }, () => randomTokens(model, context + 1));
    return Promise.resolve({
      tokens: rows * context,
      flops: forwardFlops(model.config, { rows, context }),
      run: () => score(model, sequences),
    });
  };
}

/** Every expert sees `rows` texts of its own. */
function adapterStep(k: number, { rows, context }: Work): Piece['prepare'] {
  return async (model) => {
    const stack = createAdapters(model.config, defaultLora, { count: k, seed: 3 });
    const lossChunks = Math.ceil((k * rows * context * model.config.vocabularySize) / logitsPerChunk);
    const step = await TrainStep.adapters(model, stack, { optimizer: defaultAdamW, lossChunks });
    const tokens = randomTokens(model, k * rows * (context + 1));
    return {
      tokens: k * rows * context,
      flops: adapterStepFlops(model.config, { rows: k * rows, context, rank }),
      run: () => step.run({ tokens, k, B: rows, T: context }, 1e-4),
    };
  };
}

function fullStep({ rows, context }: Work): Piece['prepare'] {
  return async (model) => {
    const parameters = new Parameters(architectureOf(model.config).parameters(model.config));
    const random = createRandom(4);
    for (let i = 0; i < parameters.data.length; i++) parameters.data[i] = 0.02 * random.normal();
    const step = await TrainStep.full(model.config, parameters, { optimizer: defaultAdamW });
    const tokens = randomTokens(model, rows * (context + 1));
    return {
      tokens: rows * context,
      flops: fullStepFlops(model.config, { rows, context }),
      run: () => step.run({ tokens, k: 1, B: rows, T: context }, 1e-4),
    };
  };
}

/** k experts reading 128 tokens one after another. */
function decoding(k: number): Piece['prepare'] {
  return async (model) => {
    const stack = createAdapters(model.config, defaultLora, { count: k, seed: 5 });
    const tokens = randomTokens(model, 128);
    await Decoder.create(model, stack);
    return {
      tokens: tokens.length,
      run: async () => {
        const decoder = await Decoder.create(model, stack);
        for (const token of tokens) await decoder.read([token]);
      },
    };
  };
}

const small: Work = { rows: 4, context: 256 };
const step = { inner: 1, repetitions: 4 };
const quick = { inner: 2, repetitions: 10 };

export const pieces: readonly Piece[] = [
  {
    name: 'forward, 4 × 256',
    model: 'smolLm2',
    ...step,
    prepare: forward(small),
    targets: { ofPeak: 0.85 },
  },
  {
    name: 'LoRA step, 4 × 256',
    model: 'smolLm2',
    ...step,
    prepare: adapterStep(1, small),
    targets: { ofPeak: 0.73, peakMiB: 4096 },
  },
  { name: 'forward, 8 × 256', model: 'bundled', ...quick, prepare: forward({ rows: 8, context: 256 }) },
  { name: 'LoRA step, k = 1, 8 × 256', model: 'bundled', ...quick, prepare: adapterStep(1, { rows: 8, context: 256 }) },
  {
    name: 'LoRA step, k = 6, 6 × 8 × 256',
    model: 'bundled',
    inner: 1,
    repetitions: 6,
    prepare: adapterStep(6, { rows: 8, context: 256 }),
    comparedWith: 'LoRA step, k = 1, 8 × 256',
  },
  { name: 'full step, 8 × 256', model: 'bundled', ...quick, prepare: fullStep({ rows: 8, context: 256 }) },
  { name: 'decoding, 1 expert', model: 'bundled', ...quick, prepare: decoding(1) },
  {
    name: 'decoding, k = 4 experts',
    model: 'bundled',
    ...quick,
    prepare: decoding(4),
    comparedWith: 'decoding, 1 expert',
    targets: { ofOther: 0.6 },
  },
];
