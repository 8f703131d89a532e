import { type Evidence, logWeights, type Mixer, mixingEvidence, mixtureNll } from '../mixing/mixer';
import type { AdapterStack } from '../model/adapters/adapter';
import type { LanguageModel } from '../model/language-model';
import { logSumExp } from '../model/decoding/sampling';
import { score, windows } from '../model/score';
import type { DocumentScore } from './statistics';

/** A test document ready to be scored. */
export interface ScoredText {
  readonly id: string;
  readonly domain?: string | undefined;
  /** UTF-8 bytes of the text. */
  readonly bytes: number;
  /** The begin token and all others. */
  readonly tokens: Int32Array;
}

type Scores = DocumentScore[];

/** What the experts of one split make of test documents: nats under several ways to choose among them. */
export interface ExpertScores {
  /** Each token under the expert most probable given the tokens before it: one expert speaks at a time. */
  readonly routed: Scores;
  /** Each token under the mixture of experts weighted by that posterior (DEMix, Gururangan et al. 2022). */
  readonly posterior: Scores;
  /** Each token under equal weights. */
  readonly uniform: Scores;
  /** Each document under the expert that is best for it: a bound that no router reaches. */
  readonly oracle: Scores;
  /** Each expert alone. */
  readonly single: readonly Scores[];
}

// Texts longer than this are scored stretch by stretch, each from the begin token on.
export const scoringContext = 256;

/** Of each text the losses [k, n] of its stretches, one after the other. */
export type Losses = readonly (readonly Float32Array[])[];

/** What experts make of texts, stretch by stretch: losses only, or with the opinions of a mixer's probes. */
export async function stretchLosses(
  model: LanguageModel,
  texts: readonly Int32Array[],
  adapter: AdapterStack | undefined,
  onBatch: (sequences: number) => void,
): Promise<Losses> {
  const parts = cut(texts);
  const losses = await score(model, parts.sequences, adapter, { onBatch });
  return texts.map((_, i) => parts.of(i).map((j) => losses[j]));
}

export async function stretchEvidence(
  model: LanguageModel,
  texts: readonly Int32Array[],
  stack: AdapterStack,
  probes: Mixer['probes'],
  onBatch: (sequences: number) => void,
): Promise<Evidence[][]> {
  const parts = cut(texts);
  const all = await mixingEvidence(model, stack, probes, parts.sequences, onBatch);
  return texts.map((_, i) => parts.of(i).map((j) => all[j]));
}

/** Scores of documents under a single model. */
export function singleScores(texts: readonly ScoredText[], losses: Losses): Scores {
  return texts.map((text, i) => documentScore(text, sum(losses[i].flatMap((stretch) => [...stretch]))));
}

/** Scores of documents under the experts of a split. `prior` [k] is the share of each pile. */
export function expertScores(texts: readonly ScoredText[], losses: Losses, prior: readonly number[]): ExpertScores {
  const k = prior.length;
  const totals = texts.map((text, i) => {
    const router = new PrefixRouter(k, prior);
    for (const stretch of losses[i]) router.read(stretch);
    return { text, router };
  });
  const take = (nats: (router: PrefixRouter) => number): Scores =>
    totals.map(({ text, router }) => documentScore(text, nats(router)));
  return {
    routed: take((router) => router.routed),
    posterior: take((router) => router.posterior),
    uniform: take((router) => router.uniform),
    oracle: take((router) => Math.min(...router.totals)),
    single: Array.from({ length: k }, (_, e) => take((router) => router.totals[e])),
  };
}

/** Scores of documents under the mixture that a trained mixer makes of its experts. */
export function mixtureScores(
  texts: readonly ScoredText[],
  evidence: readonly (readonly Evidence[])[],
  mixer: Mixer,
): Scores {
  return texts.map((text, i) => documentScore(text, mixtureTotal(evidence[i], mixer)));
}

/** Runs through a document's losses [k, n], knowing at each token only those before it. */
class PrefixRouter {
  readonly totals: Float64Array;
  routed = 0;
  posterior = 0;
  uniform = 0;
  private readonly logPrior: readonly number[];

  constructor(
    private readonly k: number,
    prior: readonly number[],
  ) {
    this.totals = new Float64Array(k);
    const floor = 1e-6;
    this.logPrior = prior.map((share) => Math.log(Math.max(floor, share)));
  }

  read(losses: Float32Array): void {
    const { k } = this;
    const n = losses.length / k;
    for (let t = 0; t < n; t++) {
      const beliefs = this.logPrior.map((log, e) => log - this.totals[e]);
      const normaliser = logSumExp(beliefs);
      const now = Array.from({ length: k }, (_, e) => losses[e * n + t]);
      this.routed += now[beliefs.indexOf(Math.max(...beliefs))];
      this.posterior -= logSumExp(now.map((nats, e) => beliefs[e] - normaliser - nats));
      this.uniform -= logSumExp(now.map((nats) => -nats)) - Math.log(k);
      now.forEach((nats, e) => (this.totals[e] += nats));
    }
  }
}

/** Nats of a document under a mixer, from what the experts and probes said. */
export function mixtureTotal(stretches: readonly Evidence[], mixer: Pick<Mixer, 'temperature' | 'smoothing'>): number {
  return sum(stretches.flatMap((stretch) => [...mixtureNll(stretch, logWeights(stretch, mixer))]));
}

export function documentScore(text: ScoredText, nll: number): DocumentScore {
  return { id: text.id, domain: text.domain, nll, tokens: text.tokens.length - 1, bytes: text.bytes };
}

/** The stretches of all texts in one list, and which of them belong to text i. */
function cut(texts: readonly Int32Array[]): { sequences: Int32Array[]; of: (i: number) => number[] } {
  const sequences: Int32Array[] = [];
  const places = texts.map((tokens) => {
    const parts = windows(tokens, scoringContext);
    const first = sequences.length;
    sequences.push(...parts);
    return parts.map((_, j) => first + j);
  });
  return { sequences, of: (i) => places[i] };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
