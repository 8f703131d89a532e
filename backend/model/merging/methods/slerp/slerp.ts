import type { MergeRules } from '../../method';
import type { Rule } from '../../rule';

/** Above this cosine, in size, two tensors lie on one line, and the sphere between them is none. */
const collinear = 0.9995;
/** Shorter ones have no direction. */
const shortest = 1e-8;

/**
 * Spherical interpolation (Shoemake 1985) of two tensors as vectors of all their numbers, as mergekit has it: straight where they are nearly
 * collinear, as whole weights of experts that change little are.
 */
const interpolated =
  (told: number | undefined): Rule =>
  async ({ weights, pieces }) => {
    const t = told ?? weights[1] / (weights[0] + weights[1]);
    let [aa, bb, ab] = [0, 0, 0];
    for await (const [a, b] of pieces()) {
      for (let i = 0; i < a.length; i++) {
        aa += a[i] * a[i];
        bb += b[i] * b[i];
        ab += a[i] * b[i];
      }
    }
    const [first, second] = [aa, bb].map(Math.sqrt).map((norm) => (norm > shortest ? norm : 1));
    const cosine = Math.max(-1, Math.min(1, ab / first / second));
    const [own, other] = Math.abs(cosine) > collinear ? [1 - t, t] : onSphere(Math.acos(cosine), t);
    return ([a, b], result) => {
      for (let i = 0; i < result.length; i++) result[i] = own * a[i] + other * b[i];
    };
  };

const onSphere = (angle: number, t: number): readonly [number, number] => [
  Math.sin((1 - t) * angle) / Math.sin(angle),
  Math.sin(t * angle) / Math.sin(angle),
];

export const slerp: MergeRules = { weights: ({ t }) => interpolated(t), deltas: ({ t }) => interpolated(t) };
