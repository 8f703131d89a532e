/**
 * What tells before each token which expert knows the text: how well each predicted what came before, and what its probe says. Signs are
 * weighed against each other by texts that none of the experts learned from.
 */
import { z } from 'zod';
import type { Watch } from '../../base/progress';
import type { Wanted } from '../../base/settings';
import { type Evidence, logWeights } from '../evidence';
import { type Probe, probeLogit, sizeOf } from '../probes/probe';
import { fitLogLinear, logLinearWeights } from './log-linear';
import { readHere } from '../reading';
import { someTexts } from '../some-texts';
import type { signSettings } from './settings';
import type { FitEvidence, FittedWeighting, TokenNeeds, TokenReading } from '../weighting';

/** Reads one token more, and gives [k, signs] for the token after it. */
type SignReader = (token: TokenReading) => Float64Array;

/** Where signs come from. */
export interface SignSource {
  readonly k: number;
  readonly needs: TokenNeeds;
  /** Signs of one expert. */
  readonly count: number;
  /** A reader of a text, in whose past a token counts `decay` times as much as the one after it. */
  start(decay: number): SignReader;
}

export const signSchema = z.object({
  decay: z.number().positive().max(1),
  /** [signs] */
  scales: z.array(z.number()).min(1),
  /** [k] */
  biases: z.array(z.number()).min(1),
  /** The last of the columns is the base model. */
  base: z.literal('weighed').optional(),
  /** Absent in mixers of earlier versions. */
  floor: z.number().min(0).max(1).optional(),
});
export type SignWeights = z.infer<typeof signSchema>;

/** The log-likelihood of the text so far under each of k experts. */
export function likelihoodSigns(k: number): SignSource {
  return {
    k,
    needs: { losses: true },
    count: 1,
    start: (decay) => {
      const sums = new Float64Array(k);
      return ({ losses }) => {
        // What is the same for all experts tells nothing.
        const mean = losses.reduce((sum, loss) => sum + loss, 0) / k;
        return losses.map((loss, e) => (sums[e] = decay * sums[e] + mean - loss));
      };
    },
  };
}

/**
 * Beside it what each expert's probe says of its own last hidden state: after the last token, and on average so far. A column without a
 * probe, as the base model is, has what was fitted in its favour instead.
 */
export function probedSigns(probes: readonly Probe[], k: number): SignSource {
  const likelihood = likelihoodSigns(k);
  const opinion: NonNullable<TokenNeeds['hidden']>['opinion'] = (states, from, e) =>
    e < probes.length ? probeLogit(probes[e], states, from) : 0;
  return {
    k,
    needs: { ...likelihood.needs, hidden: { size: sizeOf(probes[0]), opinion } },
    count: 3,
    start: (decay) => {
      const read = likelihood.start(decay);
      const sums = new Float64Array(k);
      let tokens = 0;
      return (token) => {
        const recent = read(token);
        tokens++;
        token.opinions.forEach((logit, e) => (sums[e] += logit));
        const signs = Array.from(recent, (likely, e) => [token.opinions[e], sums[e] / tokens, likely]);
        return Float64Array.from(signs.flat());
      };
    },
  };
}

/** The weighting that goes by these signs, but for its form on disk. */
export function weightingBySigns(source: SignSource, weights: SignWeights): Omit<FittedWeighting, 'toJson'> {
  return {
    k: source.k,
    ...(weights.base && { base: weights.base }),
    needs: source.needs,
    memory: 'text',
    figures: {},
    start: () => {
      const read = source.start(weights.decay);
      return (token) => logLinearWeights(weights, read(token));
    },
  };
}

/** A weighting that goes by signs: where they come from, with so many columns, and what is made of how they weigh. */
interface SignForm {
  readonly source: (k: number) => SignSource;
  readonly open: (weights: SignWeights) => FittedWeighting;
}

/** Tokens that signs are weighed by, about: more make no difference, and each is gone over often. */
const mostTokens = 10_000;
/** Under one of which held-out texts are likeliest. */
const decays = [1, 0.99, 0.97, 0.95, 0.9];

/** Weighs signs, and finds how fast the past is forgotten, by the validation texts. `open` makes a weighting of what was found. */
export async function fitSigns(
  given: FitEvidence,
  { source: sourceOf, open }: SignForm,
  watch: Watch,
  { withBase = false, floor }: Wanted<typeof signSettings>,
): Promise<FittedWeighting> {
  const { model, stack, validation, reading = readHere(model, stack) } = given;
  const k = stack.count + (withBase ? 1 : 0);
  const source = sourceOf(k);
  const { count } = source;
  const columns = { ...(withBase && { base: 'weighed' as const }), ...(floor !== undefined && { floor }) };
  // What is read of texts does not depend on how it will be weighed.
  const zeros = (length: number): number[] => new Array<number>(length).fill(0);
  const unweighed = open({ decay: 1, scales: zeros(count), biases: zeros(k), ...columns });
  const read = someTexts(validation, mostTokens, given.seed);
  const texts = await reading.evidence(read, unweighed, () => watch.signal.throwIfAborted());
  const fitted = decays.map((decay, i) => {
    watch.signal.throwIfAborted();
    watch.report({ stage: 'Weighing the experts', done: i + 1, total: decays.length, unit: 'decays' });
    return { decay, ...weigh(texts, source, decay) };
  });
  const { decay, weights } = fitted.reduce((best, next) => (next.loss < best.loss ? next : best));
  return open({ decay, scales: [...weights.scales], biases: [...weights.biases], ...columns });
}

/** Texts are given as one stretch each. */
function weigh(texts: readonly Evidence[], source: SignSource, decay: number): ReturnType<typeof fitLogLinear> {
  const { k, count } = source;
  const read: Float64Array[] = [];
  const nll: number[] = [];
  for (const text of texts) {
    const signs = source.start(decay);
    const start = () => (token: TokenReading) => {
      read.push(signs(token).slice());
      return new Float64Array(k);
    };
    logWeights({ k, memory: 'text', start }, [text]);
    for (let t = 0; t < text.n; t++) for (let e = 0; e < k; e++) nll.push(text.nll[e * text.n + t]);
  }
  const signs = new Float64Array(read.length * k * count);
  read.forEach((row, i) => signs.set(row, i * k * count));
  return fitLogLinear({ signs, nll: Float64Array.from(nll) }, k);
}
