import { logBiasHere } from '../../../split/methods/em/log-bias/run';
import { logBiasSettings } from '../../../split/methods/em/log-bias/wire';
import { getValue, putValue } from '../../artifacts/values';
import type { LogBiasInput, LogBiasOutput } from '../log-bias';
import type { TaskContext } from '../perform';
import { packedTexts, unpackTexts } from '../texts';

export async function performLogBias(
  { model, proxyLayers, documents, settings }: LogBiasInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<LogBiasOutput> {
  const task = {
    documents: unpackTexts(await getValue(artifacts, documents, packedTexts)),
    settings: await getValue(artifacts, settings, logBiasSettings),
  };
  const piles = await logBiasHere(await openModel(model, proxyLayers))(task, watch);
  return { piles: await putValue(artifacts, piles) };
}
