import { openWeighting } from '../../../mixing/weightings';
import { scoring } from '../../../evaluate/computing';
import { stretchEvidence, stretchLosses } from '../../../evaluate/perplexity';
import { z } from 'zod';
import { getValue } from '../../artifacts/values';
import type { TaskContext } from '../perform';
import type { ScoreInput, ScoreOutput } from '../score';
import { packedTexts, unpackTexts } from '../texts';
import { getStack } from './stack';

const empty = new Float32Array(0);

export async function performScoring(
  { model: sha256, adapters, probes, texts }: ScoreInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<ScoreOutput> {
  const model = await openModel(sha256);
  const sequences = unpackTexts(await getValue(artifacts, texts, packedTexts));
  const onBatch = scoring(sequences, watch);
  const stack = adapters === undefined ? undefined : await getStack(artifacts, adapters, model.config);
  if (stack === undefined || probes === undefined) {
    const losses = await stretchLosses(model, sequences, stack, onBatch);
    return { texts: losses.map((stretches) => stretches.map((nll) => ({ nll }))) };
  }
  const experts = { k: stack.count, hiddenSize: model.config.hiddenSize };
  const { hidden } = (await openWeighting(await getValue(artifacts, probes, z.unknown()), experts, '')).needs;
  const evidence = await stretchEvidence(model, sequences, stack, hidden === undefined ? {} : { hidden }, onBatch);
  return { texts: evidence.map((stretches) => stretches.map(({ nll, opinions = empty }) => ({ nll, opinions }))) };
}
