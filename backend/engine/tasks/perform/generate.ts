import { z } from 'zod';
import { mixtureCombine } from '../../../mixing/decode';
import { openWeighting } from '../../../mixing/weightings';
import { equalWeights } from '../../../mixing/weightings/uniform';
import { Decoder } from '../../../model/decoding/decoder';
import { generate, single } from '../../../model/decoding/generate';
import { getValue } from '../../artifacts/values';
import type { GenerateInput, GenerateOutput } from '../generate';
import type { TaskContext } from '../perform';
import { getStack } from './stack';

export async function performGeneration(
  { model: sha256, adapters, weighting, prompt, settings }: GenerateInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<GenerateOutput> {
  const model = await openModel(sha256);
  const stack = adapters === undefined ? undefined : await getStack(artifacts, adapters, model.config);
  const { count: k = 1 } = stack ?? {};
  const weighed =
    weighting === undefined
      ? equalWeights(k)
      : await openWeighting(
          await getValue(artifacts, weighting, z.unknown()),
          { k, hiddenSize: model.config.hiddenSize },
          '',
        );
  const combine = k === 1 ? single : mixtureCombine(weighed, model, stack);
  const decoder = await Decoder.create(model, stack);
  const tokens: GenerateOutput['tokens'] = [];
  try {
    const pieces = generate(decoder, model.tokenizer, Int32Array.from(prompt), settings, combine);
    for await (const { id, text, weights } of pieces) {
      watch.signal.throwIfAborted();
      tokens.push({ id, text, weights });
    }
  } finally {
    decoder.dispose();
  }
  return { tokens };
}
