/** A probe reads a hidden state and says by a logit how far the text is one of its expert's pile: the proposal's mixer. */
import { z } from 'zod';

export interface Probe {
  /** On hidden states as they are [D]; on the layer's units [H] where there is one. */
  readonly weights: Float64Array;
  readonly bias: number;
  /** A hidden layer of H units, tanh(W x + b). */
  readonly layer?: Layer | undefined;
}

interface Layer {
  /** [H, D] */
  readonly weights: Float64Array;
  /** [H] */
  readonly biases: Float64Array;
}

/** D */
export const sizeOf = ({ weights, layer }: Probe): number =>
  layer === undefined ? weights.length : layer.weights.length / layer.biases.length;

/** A probe's logit for the hidden state that begins at `from`. */
export function probeLogit({ weights, bias, layer }: Probe, hidden: Float32Array, from: number): number {
  let total = bias;
  if (layer === undefined) {
    for (let j = 0; j < weights.length; j++) total += weights[j] * hidden[from + j];
    return total;
  }
  const D = layer.weights.length / layer.biases.length;
  for (let h = 0; h < weights.length; h++) {
    let unit = layer.biases[h];
    for (let j = 0; j < D; j++) unit += layer.weights[h * D + j] * hidden[from + j];
    total += weights[h] * Math.tanh(unit);
  }
  return total;
}

const numbers = z.array(z.number()).transform((list) => Float64Array.from(list));

/** Probes in their form on disk. */
export const probesSchema = z
  .array(
    z.object({
      weights: numbers,
      bias: z.number(),
      layer: z.object({ weights: numbers, biases: numbers }).optional(),
    }),
  )
  .min(1);

export const keptProbes = (probes: readonly Probe[]): unknown =>
  probes.map(({ weights, bias, layer }) => ({
    weights: [...weights],
    bias,
    ...(layer && { layer: { weights: [...layer.weights], biases: [...layer.biases] } }),
  }));
