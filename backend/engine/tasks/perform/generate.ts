import { columnsOf } from '../../../mixing/base-column';
import { mixtureCombine } from '../../../mixing/decode';
import type { weightings } from '../../../mixing/weightings';
import { equalWeights } from '../../../mixing/weightings/uniform/uniform';
import { Decoder } from '../../../model/decoding/decoder';
import { generate, single, speakerOf } from '../../../model/decoding/generate';
import type { GenerateInput, GenerateOutput } from '../generate';
import type { Perform, TaskContext } from '../perform';
import { getStack } from './stack';
import { getWeighting } from './weighting';

/** Continues prompts, experts weighed by one of these weightings. */
export function generationBy(entries: typeof weightings): Perform<GenerateInput, GenerateOutput> {
  return (input, context) => performGeneration(entries, input, context);
}

async function performGeneration(
  entries: typeof weightings,
  { model: sha256, adapters, weighting, prompt, settings }: GenerateInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<GenerateOutput> {
  const model = await openModel(sha256);
  const stack = adapters === undefined ? undefined : await getStack(artifacts, adapters, model.config);
  const { count: k = 1 } = stack ?? {};
  const weighed =
    weighting === undefined
      ? equalWeights(k)
      : await getWeighting(artifacts, weighting, { k, hiddenSize: model.config.hiddenSize }, entries);
  const columns = stack && columnsOf(stack, weighed);
  const combine = columns === undefined || columns.count === 1 ? single : mixtureCombine(weighed, model, columns);
  const speaker = speakerOf(
    await Decoder.create(model, columns, { fewRows: columns !== undefined && columns.count > 1 }),
    combine,
  );
  const tokens: GenerateOutput['tokens'] = [];
  try {
    const pieces = generate(speaker, model.tokenizer, Int32Array.from(prompt), settings);
    for await (const { id, text, weights } of pieces) {
      watch.signal.throwIfAborted();
      tokens.push({ id, text, weights });
    }
  } finally {
    speaker.dispose();
  }
  return { tokens };
}
