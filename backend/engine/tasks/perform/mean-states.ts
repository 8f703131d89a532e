import { meanStates } from '../../../split/features/hidden-features';
import { getValue } from '../../artifacts/values';
import type { MeanStatesInput, MeanStatesOutput } from '../mean-states';
import type { TaskContext } from '../perform';
import { packedTexts, unpackTexts } from '../texts';

export async function performMeanStates(
  { model: sha256, texts }: MeanStatesInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<MeanStatesOutput> {
  const model = await openModel(sha256);
  return { means: await meanStates(model, unpackTexts(await getValue(artifacts, texts, packedTexts)), watch) };
}
