import { z } from 'zod';
import type { TrainingText } from '../../../train/batches';
import { branchExperts, trainExperts } from '../../../train/trainer';
import { getValue } from '../../artifacts/values';
import type { TaskContext } from '../perform';
import { packedTexts, unpackTrainingTexts } from '../texts';
import { getStack } from './stack';
import type { TrainInput, TrainOutput } from '../train';

export async function performTraining(
  { model: sha256, piles, tokens, settings, from, validation: heldOut }: TrainInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<TrainOutput> {
  const textsOf = async (name: string): Promise<TrainingText[][]> =>
    (await getValue(artifacts, name, z.array(packedTexts))).map(unpackTrainingTexts);
  const texts = await textsOf(piles);
  const model = await openModel(sha256);
  const validation = heldOut && {
    ...heldOut,
    piles: (await textsOf(heldOut.piles)).map((pile) => pile.map(({ tokens: of }) => of)),
  };
  const common = from === undefined || from === 'base' ? undefined : await getStack(artifacts, from, model.config);
  const { stack, ...trained } =
    from === 'base'
      ? await trainExperts(model, texts, tokens / texts.length, settings, watch, { validation })
      : await branchExperts(model, texts, tokens, settings, watch, { ...(common && { from: common }), validation });
  return { parameters: stack.parameters.data, ...trained };
}
