import type { Watch } from '../base/progress';
import type { Raw } from '../base/settings';
import { meanNll } from './evidence';
import { readHere } from './reading';
import { onlyTop } from './top';
import type { Fit, FitEvidence, Weighting } from './weighting';

/** What a weighting is told, and of how many experts at most it makes a mixture at each token. */
export type FitValues = Raw & { readonly top?: number | undefined };

/** Fits a weighting, and tells the nats per token of its mixture on validation. Throws as `Weighting.fit` does. */
export async function fitWeighting(
  entry: Weighting,
  evidence: FitEvidence,
  watch: Watch,
  { top, ...values }: FitValues = {},
): Promise<Fit & { readonly validationNll: number }> {
  const { model, stack, validation, reading = readHere(model, stack) } = evidence;
  const fit = await entry.fit(evidence, watch, values);
  const fewer = top !== undefined && top < stack.count;
  if (fit.validationNll !== undefined && !fewer) return { ...fit, validationNll: fit.validationNll };
  const weighting = fewer ? onlyTop(fit.weighting, top) : fit.weighting;
  const texts = await reading.evidence(validation, weighting, () => watch.signal.throwIfAborted());
  return { ...fit, weighting, validationNll: meanNll(weighting, texts) };
}
