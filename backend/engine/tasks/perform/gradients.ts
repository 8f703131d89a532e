import { gradientsHere } from '../../../split/methods/em/gradients/run';
import { gradientSettings } from '../../../split/methods/em/gradients/wire';
import { getValue, putValue } from '../../artifacts/values';
import type { GradientsInput, GradientsOutput } from '../gradients';
import type { TaskContext } from '../perform';
import { packedTexts, unpackTexts } from '../texts';

export async function performGradients(
  { model, proxyLayers, documents, settings }: GradientsInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<GradientsOutput> {
  const task = {
    documents: unpackTexts(await getValue(artifacts, documents, packedTexts)),
    settings: await getValue(artifacts, settings, gradientSettings),
  };
  const piles = await gradientsHere(await openModel(model, proxyLayers))(task, watch);
  return { piles: await putValue(artifacts, piles) };
}
