import type { Evidence } from '../../../mixing/evidence';
import type { weightings } from '../../../mixing/weightings';
import { scoring } from '../../../evaluate/computing';
import { score } from '../../../model/score';
import { stretchEvidence, stretchLosses } from '../../../evaluate/perplexity';
import { getValue } from '../../artifacts/values';
import type { Perform, TaskContext } from '../perform';
import type { ScoreInput, ScoreOutput } from '../score';
import { packedTexts, unpackTexts } from '../texts';
import { getStack } from './stack';
import { getWeighting } from './weighting';

/** Scores texts, with what one of these weightings needs beside losses. */
export function scoringBy(entries: typeof weightings): Perform<ScoreInput, ScoreOutput> {
  return (input, context) => performScoring(entries, input, context);
}

async function performScoring(
  entries: typeof weightings,
  { model: sha256, adapters, weighting: kept, texts, whole }: ScoreInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<ScoreOutput> {
  const model = await openModel(sha256);
  const sequences = unpackTexts(await getValue(artifacts, texts, packedTexts));
  const onBatch = scoring(sequences, watch);
  const stack = adapters === undefined ? undefined : await getStack(artifacts, adapters, model.config);
  if (whole === true) {
    const losses = await score(model, sequences, stack, { onBatch });
    return { texts: losses.map((nll) => [{ nll }]) };
  }
  if (stack === undefined || kept === undefined) {
    const losses = await stretchLosses(model, sequences, stack, onBatch);
    return { texts: losses.map((stretches) => stretches.map((nll) => ({ nll }))) };
  }
  const experts = { k: stack.count, hiddenSize: model.config.hiddenSize };
  const weighting = await getWeighting(artifacts, kept, experts, entries);
  const evidence = await stretchEvidence(model, sequences, stack, weighting, onBatch);
  const told = ({ nll, opinions, spoken }: Evidence): ScoreOutput['texts'][number][number] => ({
    nll,
    ...(opinions && { opinions }),
    ...(spoken && { spoken }),
  });
  return { texts: evidence.map((stretches) => stretches.map(told)) };
}
