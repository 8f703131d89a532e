import type { Combine } from '../model/decoding/generate';
import { logSoftmax, logSumExp } from '../model/decoding/sampling';
import type { Mixer } from './mixer';
import { probeLogit } from './probe';

/** The mixture's next-token distribution while a text is generated. One per text: it remembers the prefix. */
export function mixtureCombine({ probes, temperature, smoothing }: Mixer): Combine {
  const k = probes.length;
  const sums = new Float64Array(k);
  let read = 0;
  return ({ logits, hidden, T }) => {
    const D = hidden.length / (k * T);
    const beliefs = probes.map((probe, e) => {
      let last = 0;
      for (let t = 0; t < T; t++) sums[e] += last = probeLogit(probe, hidden, (e * T + t) * D);
      return (smoothing === 'token' ? last : sums[e] / (read + T)) / temperature;
    });
    read += T;
    return mix(logits, beliefs);
  };
}

/** Every expert has the same say. */
export function uniformCombine(k: number): Combine {
  return ({ logits }) => mix(logits, new Array<number>(k).fill(0));
}

/** log Σ_e w_e p_e over the vocabulary, with w the softmax of the beliefs. */
function mix(logits: Float32Array, beliefs: readonly number[]): ReturnType<Combine> {
  const k = beliefs.length;
  const V = logits.length / k;
  const normaliser = logSumExp(beliefs);
  const logWeights = beliefs.map((belief) => belief - normaliser);
  const experts = logWeights.map((_, e) => logSoftmax(logits, e * V, V));
  const terms = new Float64Array(k);
  const logProbabilities = Float64Array.from({ length: V }, (_, token) => {
    for (let e = 0; e < k; e++) terms[e] = logWeights[e] + experts[e][token];
    return logSumExp(terms);
  });
  return { logProbabilities, weights: Float64Array.from(logWeights, Math.exp) };
}
