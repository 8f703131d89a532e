import { z } from 'zod';
import { branchExperts, trainExperts } from '../../../train/trainer';
import { getValue } from '../../artifacts/values';
import type { TaskContext } from '../perform';
import { packedTexts, unpackTexts } from '../texts';
import { getStack } from './stack';
import type { TrainInput, TrainOutput } from '../train';

export async function performTraining(
  { model: sha256, piles, tokens, settings, from }: TrainInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<TrainOutput> {
  const texts = (await getValue(artifacts, piles, z.array(packedTexts))).map(unpackTexts);
  const model = await openModel(sha256);
  const common = from === undefined || from === 'base' ? undefined : await getStack(artifacts, from, model.config);
  const trained =
    from === 'base'
      ? await trainExperts(model, texts, tokens / texts.length, settings, watch)
      : await branchExperts(model, texts, tokens, settings, watch, common);
  return { parameters: trained.stack.parameters.data, losses: trained.losses, tokens: trained.tokens };
}
