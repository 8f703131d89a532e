import {
  adapterSetting,
  choice,
  flag,
  idOf,
  type Raw,
  type SettingsTable,
  type Values,
  whole,
} from '../../../base/settings';
import { besideWordsSettings } from '../../features/settings';
import type { MethodData } from '../method';

export const usualTokensPerRound = 24_000;

/**
 * What all experts learn from the whole corpus before they part, in rounds of one expert: less, and what any text teaches a small base
 * model outweighs what the texts of one pile do.
 */
const roundsInCommon = 2.5;
export const commonTokensFor = (tokensPerRound: number): number => Math.round(roundsInCommon * tokensPerRound);

const learned = ({ keep }: Raw): boolean => keep !== true;

/** Starts that `best` holds against each other, for people. */
const startNames = {
  unigram: 'piles by words (unigram EM)',
  kmeans: 'piles by k-means',
  bias: 'experts of a log-bias each, from random piles',
};
export type StartCompared = keyof typeof startNames;
export const startsCompared: readonly StartCompared[] = ['unigram', 'kmeans', 'bias'];
/** Under which name the record keeps what each is worth, in nats per held-out token. */
export const startGains = {
  unigram: 'gainOfWords',
  kmeans: 'gainOfKmeans',
  bias: 'gainOfBias',
} as const satisfies Record<StartCompared, string>;

export const emSettings = {
  prefix: {
    form: whole(),
    label: 'Tokens Read of Each Document',
    help: 'tokens of each document that are read, from its beginning',
    unit: 'tokens',
    default: 64,
  },
  start: {
    form: choice({
      ...startNames,
      gradients: 'piles by what documents would teach the base model (gradients)',
      best: 'by words, by k-means or by log-bias experts, whichever predicts held-out documents best',
      random: 'random piles',
    }),
    label: 'Start',
    help: 'what the piles begin as',
    usual: ({ literal, beta, from }) => {
      if (from !== undefined) return 'unigram';
      return literal === true || beta === 'literal' ? 'random' : 'best';
    },
    applies: ({ experts }) => experts === undefined,
    former: ['begin'],
  },
  experts: {
    form: idOf('experts'),
    label: 'Trained Experts to Begin with',
    help: 'begin with trained experts: each document with the one that predicts it best',
    otherwise: 'none',
  },
  ...besideWordsSettings,
  balance: {
    form: choice({
      capacity: 'a capacity while experts learn',
      sinkhorn: 'posteriors evened out (Sinkhorn)',
      off: 'not at all',
    }),
    label: 'Balance',
    help: 'how piles are kept from swallowing all',
    usual: ({ literal }) => (literal === true ? 'off' : 'capacity'),
    applies: learned,
  },
  beta: {
    form: choice({
      measured: 'by how well experts tell the piles that they begin with',
      annealed: 'rises from round to round',
      bayes: 'in full (Bayes)',
      relaxed: 'by who comes first: 0.95 for the most probable expert, the rest for all others alike',
      literal: 'inversely to the perplexity',
    }),
    label: 'Weight of the Evidence (β)',
    help: 'how much the evidence of a document counts',
    usual: ({ literal, start, from }) => {
      if (literal === true) return 'literal';
      // Of random piles there is nothing to be told.
      return start === 'random' && from === undefined ? 'annealed' : 'measured';
    },
    applies: learned,
  },
  rounds: {
    form: whole(),
    label: 'Rounds at Most',
    help: 'how often all documents are gone through at most; it ends sooner when few move',
    unit: 'rounds',
    usual: ({ literal }) => (literal === true ? 1 : 4),
    applies: learned,
  },
  tokensPerRound: {
    form: whole(),
    label: 'Tokens per Round',
    help: 'tokens that the expert of a pile learns from in a round',
    unit: 'tokens',
    usual: () => usualTokensPerRound,
    applies: learned,
    former: ['roundTokens', 'emTokens'],
  },
  commonTokens: {
    form: whole(0),
    label: 'Tokens Learned Together',
    help: 'tokens of the whole corpus that all experts learn from before they part',
    unit: 'tokens',
    usual: ({ literal }) => (literal === true ? 0 : commonTokensFor(usualTokensPerRound)),
    applies: learned,
  },
  adapter: {
    form: adapterSetting.form,
    label: adapterSetting.label,
    help: 'what the experts of the piles learn with: LoRA adapters in the last layers, or all weights (full)',
    usual: () => adapterSetting.default,
    applies: learned,
  },
  restarts: {
    form: whole(1, 100),
    label: 'Starts',
    help: 'runs from differing seeds; the one with the least loss is kept',
    usual: () => 1,
    applies: learned,
  },
  block: {
    form: whole(),
    label: 'Documents in a Block',
    help: 'documents judged before the experts learn from them',
    unit: 'documents',
    usual: ({ literal }) => (literal === true ? 16 : undefined),
    otherwise: 'all of a round',
    applies: learned,
  },
  proxyLayers: {
    form: whole(),
    label: 'Layers That Judge',
    help: 'judge by the first layers of the base model only',
    unit: 'layers',
    otherwise: 'all',
    applies: ({ experts }) => experts === undefined,
  },
  literal: {
    form: flag,
    label: 'Plain Rule',
    help: 'the plain rule: draw inversely to the perplexity, no balance, no annealing',
    default: false,
  },
} as const satisfies SettingsTable;

export type EmValues = Values<typeof emSettings>;
export type EmStart = NonNullable<EmValues['start']>;

export const emData: MethodData<typeof emSettings> = {
  label: 'Perplexity EM',
  detail: 'Experts compete for the documents: each goes to the one that reads it best.',
  posterior: 'how well the expert of each pile predicts its beginning, beside the others',
  pace: 'minutes',
  settings: emSettings,
  computes: () => true,
  likelihoodPer: 'token',
  describe: ({ start, keptStart, gainOfStart, gainOfRounds, ...told }) => {
    const nats = (gain: unknown): string => `${Number(gain).toFixed(4)} nats`;
    const measure = 'by how much likelier a mixture of it makes a token of held-out documents than the base model does';
    const gains = startsCompared.filter((name) => told[startGains[name]] !== undefined);
    const chosen = startsCompared.find((name) => name === start);
    return [
      ...(gains.length === 0 || chosen === undefined
        ? []
        : [
            `The start is ${startNames[chosen]}. It was chosen ${measure}: ${gains.map((name) => `${startNames[name]} ${nats(told[startGains[name]])}`).join(', ')}.`,
          ]),
      ...(keptStart === true
        ? [
            `The start was kept: it is better than what the rounds found ${measure}, ${nats(gainOfStart)} against ${nats(gainOfRounds)}.`,
          ]
        : []),
    ];
  },
};
