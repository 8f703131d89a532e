/** The measured pieces of work: each sets itself up and can then be run again and again. */
import { type Drawing, mixtureSpeaker } from '../backend/mixing/speaker';
import { columnsOf } from '../backend/mixing/base-column';
import type { FittedWeighting } from '../backend/mixing/weighting';
import { probeWeighting } from '../backend/mixing/weightings/probe/probe';
import { equalWeights } from '../backend/mixing/weightings/uniform/uniform';
import { type AdapterStack, createAdapters, defaultLora } from '../backend/model/adapters/adapter';
import { architectureOf } from '../backend/model/architectures/table';
import type { ModelConfig } from '../backend/model/architectures/config';
import { Decoder } from '../backend/model/decoding/decoder';
import { type Speaker, speakerOf } from '../backend/model/decoding/generate';
import type { LanguageModel } from '../backend/model/language-model';
import { Parameters } from '../backend/model/architectures/parameters';
import { score } from '../backend/model/score';
import { TrainStep } from '../backend/model/training/train-step';
import { FrozenLayers } from '../backend/model/training/frozen-layers';
import type { Precision, Products } from '../backend/base/precision';
import { createRandom } from '../backend/base/random';
import { defaultAdamW } from '../backend/tensor/optimizer';
import { adapterStepFlops, forwardFlops, fullStepFlops, type Work } from './flops';
import type { Ready } from './contender';
import type { models } from './models';

export interface Piece {
  readonly name: string;
  readonly model: keyof typeof models;
  /** How often the work is repeated within one measurement. */
  readonly inner: number;
  readonly precision?: Precision;
  readonly products?: Products;
  readonly prepare: (model: LanguageModel) => Promise<Prepared>;
  readonly targets?: Targets;
  /** The same work for PyTorch and PEFT (peft/work.py). */
  readonly peft?: PeftWork;
}

export interface Targets {
  /** Share of the GEMM peak. */
  readonly ofPeak?: number;
  /** tokens/s as a multiple of those of the first piece of the group, and of PEFT's. */
  readonly ofFirst?: number;
  readonly ofPeft?: number;
  readonly peakMiB?: number;
}

export interface PeftWork extends Work {
  readonly kind: 'forward' | 'step' | 'decoding';
  /** Of all numbers; float32 by default. */
  readonly dtype?: 'bfloat16';
}

/** Pieces that take turns; those after the first are compared with the first. */
export interface Group {
  readonly pieces: readonly Piece[];
  readonly repetitions: number;
}

/** `run` may return the loss that it saw. */
export interface Prepared extends Pick<Ready, 'tokens' | 'flops'> {
  readonly run: () => Promise<number | undefined>;
}

const rank = defaultLora.rank;
const decodedTokens = 128;

/** What both sides of a comparison read. */
export function randomTokens({ vocabularySize }: ModelConfig, count: number): Int32Array {
  const random = createRandom(2);
  return Int32Array.from({ length: count }, () => random.below(vocabularySize));
}

function forward({ rows, context }: Work): Piece['prepare'] {
  return (model) => {
    const tokens = randomTokens(model.config, rows * (context + 1));
    const sequences = Array.from({ length: rows }, (_, row) =>
      tokens.subarray(row * (context + 1), (row + 1) * (context + 1)),
    );
    return Promise.resolve({
      tokens: rows * context,
      flops: forwardFlops(model.config, { rows, context }),
      run: async () => {
        const losses = await score(model, sequences);
        return losses.reduce((total, nll) => total + nll.reduce((a, b) => a + b, 0), 0) / (rows * context);
      },
    });
  };
}

/** Every expert sees `rows` texts of its own. */
function adapterStep(k: number, { rows, context }: Work): Piece['prepare'] {
  return async (model) => {
    const stack = createAdapters(model.config, defaultLora, { count: k, seed: 3 });
    const step = await TrainStep.experts(model, stack, { optimizer: defaultAdamW, batch: { B: rows, T: context } });
    const tokens = randomTokens(model.config, k * rows * (context + 1));
    return {
      tokens: k * rows * context,
      flops: adapterStepFlops(model.config, { rows: k * rows, context, rank }),
      run: async () => (await step.run({ tokens, k, B: rows, T: context }, 1e-4)).losses[0],
    };
  };
}

/** Adapters in the upper third of the layers; what is below runs in the step, or was run in an epoch before. */
function upperStep({ rows, context }: Work, below: 'computed' | 'kept'): Piece['prepare'] {
  return async (model) => {
    const { layers, hiddenSize } = model.config;
    const upper = Math.ceil(layers / 3);
    const stack = createAdapters(model.config, { ...defaultLora, layers: upper }, { count: 1, seed: 3 });
    const batch = { B: rows, T: context };
    const frozenLayers = below === 'kept' ? layers - upper : 0;
    const step = await TrainStep.experts(model, stack, { optimizer: defaultAdamW, batch, frozenLayers });
    const tokens = randomTokens(model.config, rows * (context + 1));
    const stream = new Float32Array(rows * context * hiddenSize);
    if (below === 'kept') {
      const frozen = await FrozenLayers.open(model, frozenLayers, Infinity);
      for (let row = 0; row < rows; row++) {
        const from = row * (context + 1);
        stream.set(await frozen.run(`${row}`, tokens.subarray(from, from + context)), row * context * hiddenSize);
      }
      await frozen.dispose();
    }
    return {
      tokens: rows * context,
      run: async () => (await step.run({ tokens, stream, k: 1, ...batch }, 1e-4)).losses[0],
    };
  };
}

function fullStep({ rows, context }: Work): Piece['prepare'] {
  return async (model) => {
    const parameters = new Parameters(architectureOf(model.config).parameters(model.config));
    const random = createRandom(4);
    for (let i = 0; i < parameters.data.length; i++) parameters.data[i] = 0.02 * random.normal();
    const step = await TrainStep.full(model.config, parameters, {
      optimizer: defaultAdamW,
      batch: { B: rows, T: context },
      threads: model.threads,
    });
    const tokens = randomTokens(model.config, rows * (context + 1));
    return {
      tokens: rows * context,
      flops: fullStepFlops(model.config, { rows, context }),
      run: async () => (await step.run({ tokens, k: 1, B: rows, T: context }, 1e-4)).losses[0],
    };
  };
}

type Speak = (experts: { readonly model: LanguageModel; readonly stack: AdapterStack }) => Promise<Speaker>;

/** Experts that say of one token after another which distribution the next would be drawn from. */
function decoding(k: number, speak: Speak): Piece['prepare'] {
  return (model) => {
    const stack = createAdapters(model.config, defaultLora, { count: k, seed: 5 });
    const tokens = randomTokens(model.config, decodedTokens);
    return Promise.resolve({
      tokens: tokens.length,
      run: async () => {
        const speaker = await speak({ model, stack });
        for (const token of tokens) (await speaker.read([token]))(0);
        speaker.dispose();
        return undefined;
      },
    });
  };
}

/** The same far into a text, which goes on from one repetition to the next. */
function decodingAfter(before: number, k: number, speak: Speak): Piece['prepare'] {
  return async (model) => {
    const stack = createAdapters(model.config, defaultLora, { count: k, seed: 5 });
    const speaker = await speak({ model, stack });
    await speaker.read(randomTokens(model.config, before));
    const tokens = randomTokens(model.config, 8);
    return {
      tokens: tokens.length,
      run: async () => {
        for (const token of tokens) (await speaker.read([token]))(0);
        return undefined;
      },
    };
  };
}

const byOneself: Speak = async ({ model, stack }) => speakerOf(await Decoder.create(model, stack));
const one = decoding(1, byOneself);

interface Mixing {
  readonly sampling?: Drawing['sampling'];
  /** The weights come of the base model's hidden states. */
  readonly probed?: boolean;
}

/** A mixture with the same weights after every token. */
function mixture(weights: readonly number[], { sampling = 'mixture', probed = false }: Mixing = {}): Speak {
  return ({ model, stack }) => {
    const probes = weights.map(() => ({ weights: new Float64Array(model.config.hiddenSize), bias: 0 }));
    const read = probed
      ? probeWeighting({ probes, temperature: 1, smoothing: 'token', on: 'base' })
      : equalWeights(weights.length);
    const start: FittedWeighting['start'] = () => {
      const probe = read.start();
      return (token) => {
        probe(token);
        return Float64Array.from(weights, Math.log);
      };
    };
    const columns = { model, stack: columnsOf(stack, read) };
    return mixtureSpeaker({ ...read, start }, columns, { sampling, skip: 0, seed: 1 });
  };
}

const mixed = (weights: readonly number[], mixing?: Mixing): Piece['prepare'] =>
  decoding(weights.length, mixture(weights, mixing));

const drawnByBase: Mixing = { sampling: 'expert-first', probed: true };
const even = [0.25, 0.25, 0.25, 0.25];
/** Where a text is plainly of one pile. */
const led = [0.97, 0.01, 0.01, 0.01];

const small: Work = { rows: 4, context: 256 };
const long: Work = { rows: 1, context: 1024 };
/** As experts are trained by default. */
const short: Work = { rows: 1, context: 128 };
const many: Work = { rows: 8, context: 256 };
/** 3,000 MB. */
const memory = 2861;

export const groups: readonly Group[] = [
  alone(5, {
    name: 'forward, 4 × 256',
    model: 'smolLm2',
    inner: 1,
    prepare: forward(small),
    targets: { ofPeak: 0.85 },
    peft: { kind: 'forward', ...small },
  }),
  alone(5, {
    name: 'LoRA step, 4 × 256',
    model: 'smolLm2',
    inner: 1,
    prepare: adapterStep(1, small),
    targets: { ofPeak: 0.8, ofPeft: 1.2, peakMiB: memory },
    peft: { kind: 'step', ...small, rank },
  }),
  inEightBits('forward, 4 × 256', 'smolLm2', { kind: 'forward', ...small }, forward(small)),
  inEightBits('LoRA step, 4 × 256', 'smolLm2', { kind: 'step', ...small, rank }, adapterStep(1, small)),
  inEightBits('forward, 8 × 256', 'bundled', { kind: 'forward', ...many }, forward(many)),
  inEightBits('LoRA step, 8 × 256', 'bundled', { kind: 'step', ...many, rank }, adapterStep(1, many)),
  alone(5, {
    name: 'LoRA step, 1 × 1024',
    model: 'smolLm2',
    inner: 1,
    prepare: adapterStep(1, long),
    targets: { ofPeft: 1.2, peakMiB: memory },
    peft: { kind: 'step', ...long, rank },
  }),
  {
    repetitions: 4,
    pieces: [
      { name: 'LoRA step, 4 × 256, all layers', model: 'smolLm2', inner: 1, prepare: adapterStep(1, small) },
      { name: 'the upper third', model: 'smolLm2', inner: 1, prepare: upperStep(small, 'computed') },
      { name: 'the upper third, frozen layers kept', model: 'smolLm2', inner: 1, prepare: upperStep(small, 'kept') },
    ],
  },
  alone(2, { name: 'full step, 4 × 256', model: 'smolLm2', inner: 1, prepare: fullStep(small) }),
  {
    repetitions: 5,
    pieces: [
      { name: 'LoRA step, k = 1, 128', model: 'smolLm2', inner: 4, prepare: adapterStep(1, short) },
      {
        name: 'LoRA step, k = 4, 4 × 128',
        model: 'smolLm2',
        inner: 1,
        prepare: adapterStep(4, short),
        targets: { ofFirst: 1.2 },
      },
    ],
  },
  {
    repetitions: 5,
    pieces: [
      {
        name: 'decoding, 1 expert',
        model: 'smolLm2',
        inner: 1,
        prepare: one,
        peft: { kind: 'decoding', rows: 1, context: decodedTokens, rank },
      },
      {
        name: 'decoding, mixture of k = 4',
        model: 'smolLm2',
        inner: 1,
        prepare: mixed(even),
        targets: { ofFirst: 0.8 },
      },
      ...drawnFirst('smolLm2', 1),
      ...rounded('decoding, 1 expert', one),
      ...rounded('decoding, mixture of k = 4', mixed(even)),
    ],
  },
  farInto(500, 'smolLm2', 5),
  farInto(256, 'bundled', 8),
  alone(8, { name: 'forward, 8 × 256', model: 'bundled', inner: 2, prepare: forward(many) }),
  alone(8, { name: 'full step, 8 × 256', model: 'bundled', inner: 2, prepare: fullStep(many) }),
  {
    repetitions: 8,
    pieces: [
      { name: 'LoRA step, k = 1, 128', model: 'bundled', inner: 8, prepare: adapterStep(1, short) },
      { name: 'LoRA step, k = 4, 4 × 128', model: 'bundled', inner: 2, prepare: adapterStep(4, short) },
    ],
  },
  {
    repetitions: 8,
    pieces: [
      { name: 'LoRA step, k = 1, 8 × 256', model: 'bundled', inner: 1, prepare: adapterStep(1, many) },
      { name: 'LoRA step, k = 4, 4 × 8 × 256', model: 'bundled', inner: 1, prepare: adapterStep(4, many) },
    ],
  },
  {
    repetitions: 8,
    pieces: [
      { name: 'decoding, 1 expert', model: 'bundled', inner: 2, prepare: one },
      {
        name: 'decoding, mixture of k = 4',
        model: 'bundled',
        inner: 2,
        prepare: mixed(even),
        targets: { ofFirst: 0.7 },
      },
      ...drawnFirst('bundled', 2),
    ],
  },
];

/** The same with weights in 8 and in 4 bits. */
function rounded(name: string, prepare: Piece['prepare']): Piece[] {
  return (['int8', 'int4'] as const).map((precision) => {
    return { name: `${name}, ${precision}`, model: 'smolLm2', inner: 1, precision, prepare };
  });
}

/** An expert drawn before each token: all as often, or nearly always the same; by weights that are there, or come of the base model's states. */
function drawnFirst(model: Piece['model'], inner: number): Piece[] {
  return [
    { name: 'drawn first, equal weights', prepare: mixed(even, { sampling: 'expert-first' }) },
    { name: 'drawn first, 0.97 on one', prepare: mixed(led, { sampling: 'expert-first' }) },
    { name: 'drawn first by the base model, equal weights', prepare: mixed(even, drawnByBase) },
    { name: 'drawn first by the base model, 0.97 on one', prepare: mixed(led, drawnByBase) },
  ].map((piece) => ({ ...piece, model, inner, name: `decoding, k = 4, ${piece.name}` }));
}

/** What a text costs that has so many tokens already. */
function farInto(tokens: number, model: Piece['model'], repetitions: number): Group {
  const name = `decoding after ${tokens} tokens`;
  return {
    repetitions,
    pieces: [
      { name: `${name}, 1 expert`, model, inner: 2, prepare: decodingAfter(tokens, 1, byOneself) },
      { name: `${name}, mixture of k = 4`, model, inner: 2, prepare: decodingAfter(tokens, 4, mixture(even)) },
    ],
  };
}

/** With full and with 8-bit products, beside PEFT in float32 and in bfloat16. */
function inEightBits(name: string, model: Piece['model'], peft: PeftWork, prepare: Piece['prepare']): Group {
  const piece = { model, inner: 1, prepare };
  return {
    repetitions: 5,
    pieces: [
      { ...piece, name: `${name}, full products`, peft },
      { ...piece, name: `${name}, 8-bit products`, products: 'int8', peft: { ...peft, dtype: 'bfloat16' } },
    ],
  };
}

function alone(repetitions: number, piece: Piece): Group {
  return { repetitions, pieces: [piece] };
}
