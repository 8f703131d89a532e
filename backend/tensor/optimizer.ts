/** AdamW over one flat buffer, with clipping and a learning-rate schedule. */

export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled weight decay per step, times the learning rate. */
  readonly weightDecay: number;
  /** Gradients of one group longer than this (Euclidean) are scaled down to it. */
  readonly clipNorm: number;
}

export const defaultAdamW: AdamWSettings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };

/** A stretch of the buffer that is updated alike. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
  /** Segments of one group are clipped together: one group per expert. */
  readonly group: number;
  readonly decay: boolean;
}

/**
 * AdamW (Loshchilov & Hutter 2019) as PyTorch computes it. The state is the two moment buffers and the step count; with
 * them, training goes on bit for bit where it stopped.
 */
export class AdamW {
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  steps = 0;
  private readonly groups: number;

  constructor(
    private readonly parameters: Float32Array,
    private readonly segments: readonly Segment[],
    private readonly settings: AdamWSettings,
  ) {
    this.firstMoment = new Float32Array(parameters.length);
    this.secondMoment = new Float32Array(parameters.length);
    this.groups = 1 + Math.max(...segments.map((segment) => segment.group));
  }

  /**
   * One update in place. `gradients[i]` belongs to `segments[i]`. Returns the gradient norm of each group before clipping.
   * A group whose norm is zero (it saw no tokens) or not finite is left as it was.
   */
  step(gradients: readonly Float32Array[], learningRate: number): Float64Array {
    const norms = new Float64Array(this.groups);
    gradients.forEach((gradient, i) => {
      let total = 0;
      for (const value of gradient) total += value * value;
      norms[this.segments[i].group] += total;
    });
    for (let g = 0; g < this.groups; g++) norms[g] = Math.sqrt(norms[g]);
    this.steps++;
    this.segments.forEach((segment, i) => {
      const norm = norms[segment.group];
      if (norm === 0 || !Number.isFinite(norm)) return;
      this.update(segment, gradients[i], clipScale(norm, this.settings.clipNorm), learningRate);
    });
    return norms;
  }

  private update(
    { offset, length, decay }: Segment,
    gradient: Float32Array,
    scale: number,
    learningRate: number,
  ): void {
    const { beta1, beta2, epsilon, weightDecay } = this.settings;
    const { parameters, firstMoment, secondMoment } = this;
    const keep = decay ? 1 - learningRate * weightDecay : 1;
    const correction2 = Math.sqrt(1 - beta2 ** this.steps);
    const rate = learningRate / (1 - beta1 ** this.steps);
    for (let i = 0; i < length; i++) {
      const at = offset + i;
      const g = gradient[i] * scale;
      const m = beta1 * firstMoment[at] + (1 - beta1) * g;
      const v = beta2 * secondMoment[at] + (1 - beta2) * g * g;
      firstMoment[at] = m;
      secondMoment[at] = v;
      parameters[at] = parameters[at] * keep - (rate * m) / (Math.sqrt(v) / correction2 + epsilon);
    }
  }
}

/** What a gradient of that length is multiplied with, so that it is no longer than `clipNorm`. */
export function clipScale(norm: number, clipNorm: number): number {
  return norm > clipNorm ? clipNorm / (norm + 1e-6) : 1;
}

/** Linear warm-up, a constant rate, then linear decay to zero over the last steps. `step` counts from 0. */
export function warmupStableDecay(
  step: number,
  schedule: { readonly peak: number; readonly warmup: number; readonly decay: number; readonly total: number },
): number {
  const { peak, warmup, decay, total } = schedule;
  return peak * Math.max(0, Math.min((step + 1) / warmup, (total - step) / decay, 1));
}
