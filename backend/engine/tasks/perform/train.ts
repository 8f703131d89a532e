import { z } from 'zod';
import { branchExperts } from '../../../train/trainer';
import { getValue } from '../../artifacts/values';
import type { TaskContext } from '../perform';
import { packedTexts, unpackTexts } from '../texts';
import type { TrainInput, TrainOutput } from '../train';

export async function performTraining(
  { model, piles, tokens, settings }: TrainInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<TrainOutput> {
  const texts = (await getValue(artifacts, piles, z.array(packedTexts))).map(unpackTexts);
  const trained = await branchExperts(await openModel(model), texts, tokens, settings, watch);
  return { parameters: trained.stack.parameters.data, losses: trained.losses, tokens: trained.tokens };
}
