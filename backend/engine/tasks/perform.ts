/** What a task is: how a worker turns its blobs into its result. */
import { mixerFromJson } from '../../mixing/mixer';
import { stretchEvidence, stretchLosses } from '../../evaluate/perplexity';
import { type AdapterStack, type LoraSettings, stackCodec } from '../../model/adapters/adapter';
import type { LanguageModel } from '../../model/language-model';
import type { State } from '../../base/checkpoint';
import type { Watch } from '../../base/progress';
import type { ScoreTask, Task, TrainTask } from './task';
import type { AdamWSettings } from '../../tensor/optimizer';
import { branchExperts } from '../../train/trainer';
import type { Blobs } from '../artifacts/blobs';

/** Token sequences as two arrays: all tokens in a row, and the length of each. */
export interface PackedTexts {
  readonly tokens: Int32Array;
  readonly lengths: Int32Array;
}

export function packTexts(texts: readonly Int32Array[]): PackedTexts {
  const lengths = Int32Array.from(texts, ({ length }) => length);
  const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const text of texts) {
    tokens.set(text, at);
    at += text.length;
  }
  return { tokens, lengths };
}

export function unpackTexts({ tokens, lengths }: PackedTexts): Int32Array[] {
  let at = 0;
  return Array.from(lengths, (length) => tokens.subarray(at, (at += length)));
}

/** Parameters of the stack of experts [k side by side], tokens trained on, and the last losses [k], nats per token. */
export interface TrainResult {
  readonly parameters: Float32Array;
  readonly tokens: number;
  readonly losses: Float64Array;
}

/** One stretch of a text: nats [k, n] and, where probes were given, their logits [k, n]. */
export interface ScoredStretch {
  readonly nll: Float32Array;
  readonly logits?: Float32Array;
}

/** The stretches of each text of the shard. */
export interface ScoreResult {
  readonly texts: readonly (readonly ScoredStretch[])[];
}

export function perform(
  task: Task,
  model: LanguageModel,
  blobs: Blobs,
  watch: Watch,
): Promise<TrainResult | ScoreResult> {
  return task.kind === 'train' ? performTraining(task, model, blobs, watch) : performScoring(task, model, blobs, watch);
}

async function performTraining(
  { piles, tokens, settings }: TrainTask,
  model: LanguageModel,
  blobs: Blobs,
  watch: Watch,
): Promise<TrainResult> {
  const texts = ((await blobs.get(piles)) as PackedTexts[]).map(unpackTexts);
  const { lora, optimizer } = settings;
  const training = { ...settings, lora: loraSettings(lora), optimizer: optimizer as unknown as AdamWSettings };
  const { stack, losses, tokens: trained } = await branchExperts(model, texts, tokens, training, watch);
  return { parameters: stack.parameters.data, losses, tokens: trained };
}

function loraSettings({ layers, ...lora }: TrainTask['settings']['lora']): LoraSettings {
  return { ...lora, ...(layers === undefined ? {} : { layers }) };
}

async function performScoring(
  { adapters, probes, texts }: ScoreTask,
  model: LanguageModel,
  blobs: Blobs,
  watch: Watch,
): Promise<ScoreResult> {
  const sequences = unpackTexts((await blobs.get(texts)) as PackedTexts);
  const onBatch = (): void => watch.signal.throwIfAborted();
  const stack =
    adapters === undefined ? undefined : stackCodec(model.config).restore((await blobs.get(adapters)) as State);
  if (stack === undefined || probes === undefined) {
    const losses = await stretchLosses(model, sequences, stack, onBatch);
    return { texts: losses.map((stretches) => stretches.map((nll) => ({ nll }))) };
  }
  const mixer = mixerFromJson(await blobs.get(probes));
  const evidence = await stretchEvidence(model, sequences, stack, mixer.probes, onBatch);
  return { texts: evidence.map((stretches) => stretches.map(({ nll, logits }) => ({ nll, logits }))) };
}

/** A stack as a blob that `performScoring` reads. */
export function stackBlob(stack: AdapterStack): State {
  return stackCodec(stack.config).save(stack);
}
