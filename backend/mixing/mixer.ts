/**
 * The mixer: one linear probe per expert reads that expert's own last hidden state and says how confident it should be about
 * the next token. Trained to tell documents of the expert's pile from the others; the weights are a softmax over experts
 * of the probes' logits / T, with T fitted on the mixture's loss on held-out documents.
 */
import { z } from 'zod';
import type { AdapterStack } from '../model/adapters/adapter';
import type { LanguageModel } from '../model/language-model';
import { logSumExp } from '../model/decoding/sampling';
import { scoreBatches } from '../model/score';
import type { Watch } from '../base/progress';
import { createRandom } from '../base/random';
import { type Probe, probeLogit, type ProbeSettings, trainProbe } from './probe';

/** How the logits of the tokens of a text become weights: of the last token alone, or averaged over all tokens so far. */
export type Smoothing = 'token' | 'prefix';

export interface Mixer {
  /** Probe of expert e: weights [D] and a bias, on hidden states as they are. */
  readonly probes: readonly Probe[];
  readonly temperature: number;
  readonly smoothing: Smoothing;
}

export interface MixerSettings extends ProbeSettings {
  /** Token positions that the probes learn from. */
  readonly positions: number;
}

export const defaultMixer: MixerSettings = {
  seed: 1,
  positions: 9_600,
  epochs: 12,
  learningRate: 0.02,
  weightDecay: 1e-4,
};

/** Hidden states [k, positions, D] with the pile of each position's document. */
interface Examples {
  readonly hidden: Float32Array;
  readonly piles: Int32Array;
  readonly k: number;
  readonly D: number;
}

/** A mixer with both ways to smooth, of which it uses the one with the lower loss (nats per token) on validation. */
export interface TrainedMixer {
  readonly mixer: Mixer;
  readonly fitted: readonly { readonly smoothing: Smoothing; readonly temperature: number; readonly nll: number }[];
}

/**
 * Trains the probes on documents whose piles are known, then fits temperature and smoothing on other documents.
 * All documents are token sequences with their begin tokens.
 */
export async function trainMixer(
  model: LanguageModel,
  stack: AdapterStack,
  training: { readonly documents: readonly Int32Array[]; readonly piles: Int32Array },
  validation: readonly Int32Array[],
  settings: MixerSettings,
  watch: Watch,
): Promise<TrainedMixer> {
  const examples = await collect(model, stack, training, settings, watch);
  const probes = Array.from({ length: stack.count }, (_, e) => {
    watch.signal.throwIfAborted();
    watch.report({ stage: 'Training the mixer', done: e + 1, total: stack.count, unit: 'probes' });
    const { hidden, piles, D } = examples;
    const rows = hidden.subarray(e * piles.length * D, (e + 1) * piles.length * D);
    const labels = piles.map((pile) => (pile === e ? 1 : 0));
    return trainProbe(rows, labels, { ...settings, seed: settings.seed * 100 + e });
  });
  const evidence = await mixingEvidence(model, stack, probes, validation);
  const fitted = (['token', 'prefix'] as const).map((smoothing) => fitTemperature(evidence, smoothing));
  const best = fitted[0].nll <= fitted[1].nll ? fitted[0] : fitted[1];
  return { mixer: { probes, temperature: best.temperature, smoothing: best.smoothing }, fitted };
}

/** Hidden states of every expert at random positions of the training documents. */
async function collect(
  model: LanguageModel,
  stack: AdapterStack,
  { documents, piles }: { readonly documents: readonly Int32Array[]; readonly piles: Int32Array },
  { seed, positions }: MixerSettings,
  watch: Watch,
): Promise<Examples> {
  const random = createRandom(seed, 31);
  const k = stack.count;
  const D = model.config.hiddenSize;
  const { chosen, perDocument } = chooseDocuments(documents, piles, k, { positions, seed });
  const capacity = chosen.length * perDocument;
  const hidden = new Float32Array(k * capacity * D);
  const labels = new Int32Array(capacity);
  let filled = 0;
  const sequences = chosen.map((d) => documents[d]);
  const visit = (batch: Parameters<Parameters<typeof scoreBatches>[3]>[0]): void => {
    watch.signal.throwIfAborted();
    const states = batch.hidden ?? new Float32Array(0);
    batch.indices.forEach((index, row) => {
      const length = sequences[index].length - 1;
      for (const t of random.shuffle(Array.from({ length }, (_, i) => i)).slice(0, perDocument)) {
        for (let e = 0; e < k; e++) {
          const from = ((e * batch.indices.length + row) * batch.T + t) * D;
          hidden.set(states.subarray(from, from + D), (e * capacity + filled) * D);
        }
        labels[filled++] = piles[chosen[index]];
      }
    });
    watch.report({ stage: 'Reading hidden states', done: filled, total: capacity, unit: 'positions' });
  };
  await scoreBatches(model, sequences, stack, visit, { hidden: true });
  const kept = new Float32Array(k * filled * D);
  for (let e = 0; e < k; e++) kept.set(hidden.subarray(e * capacity * D, (e * capacity + filled) * D), e * filled * D);
  return { hidden: kept, piles: labels.subarray(0, filled), k, D };
}

const positionsPerDocument = 32;

/** As many documents of each pile as there are, up to an equal share: small piles must be seen too. */
function chooseDocuments(
  documents: readonly Int32Array[],
  piles: Int32Array,
  k: number,
  { positions, seed }: { positions: number; seed: number },
): { chosen: number[]; perDocument: number } {
  const random = createRandom(seed, 32);
  const wanted = Math.ceil(positions / positionsPerDocument / k);
  const chosen = Array.from({ length: k }, (_, e) => {
    const members = Array.from(documents.keys()).filter((d) => piles[d] === e && documents[d].length > 1);
    return random.shuffle(members).slice(0, wanted);
  });
  return { chosen: chosen.flat(), perDocument: positionsPerDocument };
}

/** What a mixture of k experts needs of one document of n predicted tokens. */
export interface Evidence {
  /** Nats [k, n] of each token under each expert. */
  readonly nll: Float32Array;
  /** The probes' logits [k, n]: of each expert after reading the tokens before. */
  readonly logits: Float32Array;
  readonly k: number;
  readonly n: number;
}

/** Losses and probe logits of all experts on documents (token sequences with their begin tokens). */
export async function mixingEvidence(
  model: LanguageModel,
  stack: AdapterStack,
  probes: Mixer['probes'],
  documents: readonly Int32Array[],
  onBatch: (documents: number) => void = () => undefined,
): Promise<Evidence[]> {
  const result = new Array<Evidence>(documents.length);
  const k = stack.count;
  const D = model.config.hiddenSize;
  await scoreBatches(
    model,
    documents,
    stack,
    ({ indices, T, nll, hidden = new Float32Array(0) }) => {
      indices.forEach((index, row) => {
        const n = documents[index].length - 1;
        const evidence = { nll: new Float32Array(k * n), logits: new Float32Array(k * n), k, n };
        for (let e = 0; e < k; e++) {
          const from = (e * indices.length + row) * T;
          evidence.nll.set(nll.subarray(from, from + n), e * n);
          for (let t = 0; t < n; t++) evidence.logits[e * n + t] = probeLogit(probes[e], hidden, (from + t) * D);
        }
        result[index] = evidence;
      });
      onBatch(indices.length);
    },
    { hidden: true },
  );
  return result;
}

/** log weights [k, n] of a mixer's experts for each token of a document. */
export function logWeights(
  { logits, k, n }: Pick<Evidence, 'logits' | 'k' | 'n'>,
  { temperature, smoothing }: Pick<Mixer, 'temperature' | 'smoothing'>,
): Float64Array {
  const result = new Float64Array(k * n);
  const sums = new Float64Array(k);
  for (let t = 0; t < n; t++) {
    const row = Float64Array.from({ length: k }, (_, e) => {
      sums[e] += logits[e * n + t];
      return (smoothing === 'token' ? logits[e * n + t] : sums[e] / (t + 1)) / temperature;
    });
    const total = logSumExp(row);
    for (let e = 0; e < k; e++) result[e * n + t] = row[e] - total;
  }
  return result;
}

/** Nats [n] of a document's tokens under Σ_e w_e p_e, in log space. Never worse than expert e by more than −log w_e. */
export function mixtureNll({ nll, k, n }: Pick<Evidence, 'nll' | 'k' | 'n'>, weights: Float64Array): Float64Array {
  const terms = new Float64Array(k);
  return Float64Array.from({ length: n }, (_, t) => {
    for (let e = 0; e < k; e++) terms[e] = weights[e * n + t] - nll[e * n + t];
    return -logSumExp(terms);
  });
}

/** The temperature with the least mixture loss over the documents: golden-section search on its logarithm. */
function fitTemperature(
  evidence: readonly Evidence[],
  smoothing: Smoothing,
): { temperature: number; smoothing: Smoothing; nll: number } {
  const lossAt = (logTemperature: number): number => {
    const mixer = { temperature: Math.exp(logTemperature), smoothing };
    let total = 0;
    let tokens = 0;
    for (const document of evidence) {
      for (const nats of mixtureNll(document, logWeights(document, mixer))) total += nats;
      tokens += document.n;
    }
    return total / Math.max(1, tokens);
  };
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.02), Math.log(20)];
  for (let i = 0; i < 18; i++) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (lossAt(left) < lossAt(right)) high = right;
    else low = left;
  }
  const middle = (low + high) / 2;
  return { temperature: Math.exp(middle), smoothing, nll: lossAt(middle) };
}

const mixerSchema = z.object({
  probes: z.array(z.object({ weights: z.array(z.number()), bias: z.number() })),
  temperature: z.number().positive(),
  smoothing: z.enum(['token', 'prefix']),
});

export function mixerToJson({ probes, temperature, smoothing }: Mixer): unknown {
  return { probes: probes.map(({ weights, bias }) => ({ weights: [...weights], bias })), temperature, smoothing };
}

/** Throws ZodError where the JSON is no mixer. */
export function mixerFromJson(json: unknown): Mixer {
  const { probes, ...rest } = mixerSchema.parse(json);
  return { ...rest, probes: probes.map(({ weights, bias }) => ({ weights: Float64Array.from(weights), bias })) };
}
