import { comparePilesHere } from '../../../split/methods/em/log-bias/gains';
import { pilesToCompare } from '../../../split/methods/em/log-bias/wire';
import { getValue, putValue } from '../../artifacts/values';
import type { TaskContext } from '../perform';
import type { PileGainsInput, PileGainsOutput } from '../pile-gains';
import { packedTexts, unpackTexts } from '../texts';

export async function performPileGains(
  { model, proxyLayers, documents, validation, settings }: PileGainsInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<PileGainsOutput> {
  const task = {
    documents: unpackTexts(await getValue(artifacts, documents, packedTexts)),
    validation: unpackTexts(await getValue(artifacts, validation, packedTexts)),
    settings: await getValue(artifacts, settings, pilesToCompare),
  };
  const gains = await comparePilesHere(await openModel(model, proxyLayers))(task, watch);
  return { gains: await putValue(artifacts, gains) };
}
