import { type AdapterStack, createAdapters, stackAdapters, stackCodec } from '../model/adapters/adapter';
import type { LanguageModel } from '../model/language-model';
import type { OptimizerState } from '../model/training/optimizer';
import { TrainStep } from '../model/training/train-step';
import { FrozenLayers, frozenLayersBelow } from '../model/training/frozen-layers';
import { offer, once } from '../base/checkpoint';
import { type Watch, yieldToEventLoop } from '../base/progress';
import { expertLetter } from '../base/letter';
import { warmupCosine } from '../tensor/optimizer';
import { type PackedRows, packedRows, TokenWindows } from './batches';
import { refuseDivergence } from './divergence';
import type { TrainingSettings } from './settings';

/** Where experts begin: all from one adapter that was trained before, or fresh from the base model. */
export type Beginning = AdapterStack | 'base';

export interface TrainedExperts {
  readonly stack: AdapterStack;
  /** Tokens that all experts together were trained on. */
  readonly tokens: number;
  /** Mean nats per token of each expert over the last tenth of its steps. */
  readonly losses: Float64Array;
}

/**
 * One adapter per pile as Branch-Train-Merge trains experts (Li et al. 2022): `seedShare` of all tokens goes into a common
 * adapter on all texts, the rest into branches of it, one per pile, equally among the piles that have texts.
 */
export async function branchExperts(
  model: LanguageModel,
  piles: readonly (readonly Int32Array[])[],
  tokens: number,
  settings: TrainingSettings,
  watch: Watch,
  common?: AdapterStack,
): Promise<TrainedExperts> {
  const stack =
    common ??
    (await once(watch, 'common', stackCodec(model.config), (part) =>
      trainCommon(model, piles.flat(), tokens, settings, part),
    ));
  const living = piles.filter((pile) => pile.length > 0).length;
  const each = ((1 - settings.seedShare) * tokens) / living;
  const trained = await trainExperts(model, piles, each, settings, watch, stack);
  const shared = common === undefined ? stepsOf(settings.seedShare * tokens, settings) * stepTokens(settings) : 0;
  return { ...trained, tokens: trained.tokens + shared };
}

/** The common adapter from which experts branch, trained on `seedShare` of the tokens. */
export async function trainCommon(
  model: LanguageModel,
  texts: readonly Int32Array[],
  tokens: number,
  settings: TrainingSettings,
  watch: Watch,
): Promise<AdapterStack> {
  const { stack } = await trainExperts(model, [texts], settings.seedShare * tokens, settings, watch);
  return stack;
}

/**
 * Fine-tunes one adapter per pile, all side by side on one base, each on `tokensPerExpert` tokens of its own pile
 * (tokenised texts, each with its begin token). The learning rate warms up and decays by a cosine. An empty pile's
 * expert stays as it began. Goes on from the state kept last; throws DivergedError where the loss explodes.
 */
export async function trainExperts(
  model: LanguageModel,
  piles: readonly (readonly Int32Array[])[],
  tokensPerExpert: number,
  settings: TrainingSettings,
  watch: Watch,
  beginning: Beginning = 'base',
): Promise<TrainedExperts> {
  const { rows: B, context: T, seed } = settings;
  const stack =
    beginning === 'base'
      ? createAdapters(model.config, settings.lora, { count: piles.length, seed })
      : stackAdapters(piles.map(() => beginning));
  const streams = piles.map((pile, e) => (pile.length === 0 ? undefined : new TokenWindows(pile, T, seed * 1000 + e)));
  const total = stepsOf(tokensPerExpert, settings);
  // Worth a run of its own where something is read twice.
  const frozen = streams.some((stream) => stream !== undefined && total * B > stream.count)
    ? frozenLayersBelow(stack)
    : 0;
  const below = frozen === 0 ? undefined : await FrozenLayers.open(model, frozen, mostFrozenBytes);
  const step = await TrainStep.adapters(model, stack, {
    optimizer: settings.optimizer,
    batch: { B, T },
    frozenLayers: frozen,
  });
  const schedule = { peak: settings.learningRate, warmup: Math.ceil(total / 20), total, floor: 0.1 };
  const living = streams.map((stream) => stream !== undefined);
  const active = living.filter(Boolean).length;
  const losses = new Float64Array(piles.length);
  const weights = new Float32Array(piles.length * B * T);
  streams.forEach((stream, e) => weights.fill(stream === undefined ? 0 : 1, e * B * T, (e + 1) * B * T));
  const tail = Math.ceil(total / 10);
  const kept = watch.checkpointer?.load('training') as
    { at: number; losses: Float64Array; step: OptimizerState } | undefined;
  if (kept !== undefined) {
    losses.set(kept.losses);
    await step.restore(kept.step);
  }
  try {
    for (let at = kept?.at ?? 0; at < total; at++) {
      await offer(watch, 'training', async () => ({ at, losses, step: await step.save() }));
      const rows = packedRows(streams, { step: at, B, T });
      const stream =
        below === undefined ? {} : { stream: await streamOf(below, rows, [B, T, model.config.hiddenSize]) };
      const rate = warmupCosine(at, schedule);
      const inspect = refuseDivergence(model.config, { at, warm: at >= schedule.warmup, active: living });
      const result = await step.run({ tokens: rows.tokens, ...stream, weights, k: piles.length, B, T }, rate, inspect);
      if (at >= total - tail) result.losses.forEach((loss, e) => (losses[e] += loss / tail));
      const mean = result.losses.reduce((sum, loss) => sum + (Number.isNaN(loss) ? 0 : loss), 0) / active;
      watch.report({
        stage: `Training ${piles.length === 1 ? 'one model' : `${piles.length} experts`}`,
        done: (at + 1) * B * T * active,
        total: total * B * T * active,
        unit: 'tokens',
        note: `loss ${mean.toFixed(2)}`,
        values: curves(result.losses, mean),
      });
      await yieldToEventLoop();
    }
    await step.fetch();
  } finally {
    await step.dispose();
    await below?.dispose();
  }
  return { stack, tokens: total * B * T * active, losses };
}

/** Bytes of what the frozen layers made of texts that is kept from one epoch to the next. */
const mostFrozenBytes = 2 ** 30;

/** MiB that what the frozen layers made of so many tokens takes at most, where they are read more than once. */
export function frozenMemory(tokens: number, hiddenSize: number): number {
  return Math.min(mostFrozenBytes, 4 * tokens * hiddenSize) / 2 ** 20;
}

/** What the frozen layers make of each row, [k, B, T, D]; zeros for a row without tokens. */
async function streamOf(
  below: FrozenLayers,
  { tokens, windows }: PackedRows,
  [B, T, D]: readonly [number, number, number],
): Promise<Float32Array> {
  const stream = new Float32Array(windows.length * T * D);
  for (const [row, window] of windows.entries()) {
    if (window < 0) continue;
    const from = row * (T + 1);
    stream.set(await below.run(`${Math.floor(row / B)} ${window}`, tokens.subarray(from, from + T)), row * T * D);
  }
  return stream;
}

const stepTokens = ({ rows, context }: TrainingSettings): number => rows * context;

/** Steps that so many tokens of one expert make: one at least. */
function stepsOf(tokens: number, settings: TrainingSettings): number {
  return Math.max(1, Math.round(tokens / stepTokens(settings)));
}

/** The mean loss, and each expert's by its letter. */
function curves(losses: Float64Array, mean: number): Record<string, number> {
  const values: Record<string, number> = { loss: mean };
  if (losses.length === 1) return values;
  losses.forEach((loss, e) => {
    if (!Number.isNaN(loss)) values[`loss ${expertLetter(e)}`] = loss;
  });
  return values;
}
