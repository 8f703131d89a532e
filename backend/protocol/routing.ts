import { z } from 'zod';

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();

/** How well the weights of a mixture find the expert that predicts a text best. */
export const routing = z.object({
  /** After so many predicted tokens, judged by the rest of each text that is long enough. */
  byPrefix: z.array(
    z.object({
      tokens: count,
      documents: count,
      /** Share of texts whose rest the expert with the largest weight predicts best. */
      accuracy: share,
      /** What staying with that expert costs against the best one, nats per token of the rest. */
      regret: z.number().nonnegative(),
    }),
  ),
  /** Mean over tokens of Σ (weight − 1 or 0)², 1 for the expert that predicts the whole text best. */
  brier: z.number().nonnegative(),
  /** Expected calibration error of the largest weight, in ten bins. */
  ece: share,
  /** Of tokens whose largest weight is from `from` to `from` + 0.1: its mean, and how often its expert is the best one. */
  reliability: z.array(z.object({ from: share, confidence: share, accuracy: share, tokens: count })),
});
export type Routing = z.infer<typeof routing>;
