import type { Watch } from '../base/progress';
import { meanNll } from './evidence';
import { readHere } from './reading';
import type { Fit, FitEvidence, Weighting } from './weighting';

/** Fits a weighting, and tells the nats per token of its mixture on validation. Throws as `Weighting.fit` does. */
export async function fitWeighting(
  entry: Weighting,
  evidence: FitEvidence,
  watch: Watch,
): Promise<Fit & { readonly validationNll: number }> {
  const fit = await entry.fit(evidence, watch);
  if (fit.validationNll !== undefined) return { ...fit, validationNll: fit.validationNll };
  const { model, stack, validation, reading = readHere(model, stack) } = evidence;
  const texts = await reading.evidence(validation, fit.weighting, () => watch.signal.throwIfAborted());
  return { ...fit, validationNll: meanNll(fit.weighting, texts) };
}
