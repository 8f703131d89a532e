import { z } from 'zod';
import type { TrainingText } from '../../../train/batches';
import { searchLearningRate } from '../../../train/rate-finder';
import { branchExperts, trainExperts } from '../../../train/trainer';
import { getValue } from '../../artifacts/values';
import type { TaskContext } from '../perform';
import { packedTexts, unpackTrainingTexts } from '../texts';
import { getStack, putStack } from './stack';
import type { TrainInput, TrainOutput } from '../train';

export async function performTraining(
  { model: sha256, piles, letters, tokens, settings, from, validation: heldOut, one, searchRate }: TrainInput,
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
  const tried =
    searchRate === true && validation !== undefined
      ? await searchLearningRate(model, texts.flat(), tokens, settings, validation.piles.flat(), watch)
      : undefined;
  const taken = tried === undefined ? settings : { ...settings, learningRate: tried[0].rate };
  const common = from === undefined || from === 'base' ? undefined : await getStack(artifacts, from, model.config);
  const { stack, ...trained } =
    from === 'base'
      ? await trainExperts(model, texts, tokens / texts.length, taken, watch, { letters, validation })
      : await branchExperts(model, texts, tokens, taken, watch, {
          ...(common && { from: common }),
          letters,
          validation,
          one,
        });
  return { experts: await putStack(artifacts, stack), ...trained, ...(tried && { tried }) };
}
