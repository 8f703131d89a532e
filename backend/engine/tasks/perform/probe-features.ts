import { hiddenAt } from '../../../mixing/reading';
import { getValue } from '../../artifacts/values';
import type { TaskContext } from '../perform';
import type { ProbeFeaturesInput, ProbeFeaturesOutput } from '../probe-features';
import { packedTexts, unpackTexts } from '../texts';
import { getStack } from './stack';

export async function performProbeFeatures(
  { model: sha256, adapters, texts, positions }: ProbeFeaturesInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<ProbeFeaturesOutput> {
  const model = await openModel(sha256);
  const stack = await getStack(artifacts, adapters, model.config);
  const [sequences, places] = [
    unpackTexts(await getValue(artifacts, texts, packedTexts)),
    unpackTexts(await getValue(artifacts, positions, packedTexts)),
  ];
  return { hidden: await hiddenAt(model, stack, sequences, places, () => watch.signal.throwIfAborted()) };
}
