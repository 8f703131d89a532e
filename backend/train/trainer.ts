import { formatNumber } from '../base/format';
import { createExperts, expertCodec } from '../model/experts/forms';
import { copiesOf, type ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import type { OptimizerState } from '../model/training/optimizer';
import { offer, once, within } from '../base/checkpoint';
import { expertLetter } from '../base/letter';
import { renamed, type Watch, yieldToEventLoop } from '../base/progress';
import type { TrainingText } from './batches';
import { DivergedError } from './divergence';
import { Learning, stepsOf, stepTokens } from './learning';
import { scheduledRate } from './schedules';
import type { TrainingSettings } from './settings';
import { type Validation, type ValidationFigures, Validator, type ValidatorState } from './validation';

/** Where experts begin: all from one adapter that was trained before, or fresh from the base model. */
export type Beginning = ExpertStack | 'base';

export interface TrainedExperts {
  readonly stack: ExpertStack;
  /** Tokens that all experts together were trained on. */
  readonly tokens: number;
  /** Mean nats per token of each expert over the last tenth of its steps. */
  readonly losses: Float64Array;
  /** The peak that was trained with: half of the one asked for where the loss exploded with that. */
  readonly learningRate: number;
  /** Where texts were held out. */
  readonly validation?: ValidationFigures;
}

/** Training of experts beside the texts and settings. */
export interface TrainingOptions {
  /** The base model where nothing is said. */
  readonly from?: Beginning;
  /** What the experts are called; A, B, … where nothing is said. */
  readonly letters?: readonly string[] | undefined;
  /** Texts that experts are measured on while they learn. */
  readonly validation?: Validation | undefined;
  /** The one expert of this training is one of several that learn apart, to the same bits. */
  readonly one?: OneOfSeveral | undefined;
}

/** Its number among all of them, and how many have texts. */
export interface OneOfSeveral {
  readonly number: number;
  readonly living: number;
}

/**
 * One adapter per pile as Branch-Train-Merge trains experts (Li et al. 2022): `seedShare` of all tokens goes into a common
 * adapter on all texts, the rest into branches of it, one per pile, equally among the piles that have texts.
 */
export async function branchExperts(
  model: LanguageModel,
  piles: readonly (readonly TrainingText[])[],
  tokens: number,
  settings: TrainingSettings,
  watch: Watch,
  { from: common, ...rest }: { readonly from?: ExpertStack } & Omit<TrainingOptions, 'from'> = {},
): Promise<TrainedExperts> {
  const stack =
    common ??
    (await once(watch, 'common', expertCodec(model.config), (part) =>
      trainCommon(model, piles.flat(), tokens, settings, part),
    ));
  const living = rest.one?.living ?? piles.filter((pile) => pile.length > 0).length;
  const each = ((1 - settings.seedShare) * tokens) / living;
  const trained = await trainExperts(model, piles, each, settings, watch, { ...rest, from: stack });
  const shared = common === undefined ? stepsOf(settings.seedShare * tokens, settings) * stepTokens(settings) : 0;
  return { ...trained, tokens: trained.tokens + shared };
}

/** The common adapter from which experts branch, trained on `seedShare` of the tokens. */
export async function trainCommon(
  model: LanguageModel,
  texts: readonly TrainingText[],
  tokens: number,
  settings: TrainingSettings,
  watch: Watch,
): Promise<ExpertStack> {
  const part = renamed(watch, 'Training what all experts share');
  const { stack } = await trainExperts(model, [texts], settings.seedShare * tokens, settings, part);
  return stack;
}

/**
 * Fine-tunes one adapter per pile, all side by side on one base, each on `tokensPerExpert` tokens of its own pile. An empty pile's expert
 * stays as it began. Goes on from the state kept last. Where the loss explodes, all begins again with half of the learning rate; throws
 * DivergedError where it does so again.
 */
export async function trainExperts(
  model: LanguageModel,
  piles: readonly (readonly TrainingText[])[],
  tokensPerExpert: number,
  settings: TrainingSettings,
  watch: Watch,
  options: TrainingOptions = {},
): Promise<TrainedExperts> {
  const attempt = (learningRate: number, name: string): Promise<TrainedExperts> =>
    train(model, piles, tokensPerExpert, { ...settings, learningRate }, within(watch, name), options);
  const { learningRate } = settings;
  const half = learningRate / 2;
  if (watch.checkpointer?.load(diverged) !== undefined) return attempt(half, halved);
  try {
    return await attempt(learningRate, asked);
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    watch.checkpointer?.finish(diverged, { step: error.step });
    watch.report({
      stage: `Beginning again with a learning rate of ${half}`,
      done: 0,
      total: 1,
      unit: 'times',
      note: error.message,
    });
    return attempt(half, halved);
  }
}

/** Names among a watch's checkpoints: what two attempts keep, and that the first one failed. */
const asked = 'as asked';
const halved = 'at half the rate';
const diverged = 'diverged';

async function train(
  model: LanguageModel,
  piles: readonly (readonly TrainingText[])[],
  tokensPerExpert: number,
  settings: TrainingSettings,
  watch: Watch,
  { from = 'base', letters = piles.map((_, e) => expertLetter(e)), validation, one }: TrainingOptions,
): Promise<TrainedExperts> {
  const { learningRate, seed } = settings;
  const stack =
    from === 'base'
      ? await createExperts(model, settings.expert, { count: piles.length, seed })
      : copiesOf(from, piles.length);
  const kept = watch.checkpointer?.load(checkpoint) as Kept | undefined;
  const validator = validation && (await Validator.open(model, stack, validation, kept?.validator));
  const total = stepsOf(tokensPerExpert, settings);
  const learning = await Learning.open(model, stack, piles, total, settings, one?.number);
  const losses = kept?.losses ?? new Float64Array(piles.length);
  if (kept !== undefined) await learning.restore(kept.step);
  const tail = Math.ceil(total / 10);
  const warmup = Math.ceil(total * settings.warmup);
  const living = learning.living.filter(Boolean).length;
  let tokens = kept?.tokens ?? 0;
  try {
    for (let at = kept?.at ?? 0; at < total; at++) {
      await offer(watch, checkpoint, async () => {
        return { at, tokens, losses, step: await learning.save(), validator: validator?.save() } satisfies Kept;
      });
      const active = learning.living.map((lives, e) => lives && validator?.stopped(e) !== true);
      if (!active.includes(true)) break;
      const rate = scheduledRate(settings.schedule, at, { peak: learningRate, warmup, total });
      const found = await learning.step(at, rate, { active, warm: at >= warmup, letters });
      tokens += stepTokens(settings) * active.filter(Boolean).length;
      if (at >= total - tail) found.forEach((loss, e) => (losses[e] += loss / tail));
      const due = validator?.due(at + 1, total) === true;
      if (due) await learning.fetch();
      const measured = due ? await validator.measure() : undefined;
      const done = at + 1;
      reportStep(watch, { letters, losses: found, rate, measured, done, total, tokens: stepTokens(settings) * living });
      await yieldToEventLoop();
    }
    await learning.fetch();
  } finally {
    await learning.dispose();
  }
  const figures = validator?.finish();
  return { stack, tokens, losses, learningRate, ...(figures && { validation: figures }) };
}

/** The name of the state among a watch's checkpoints. */
const checkpoint = 'training';

interface Kept {
  readonly at: number;
  readonly tokens: number;
  readonly losses: Float64Array;
  readonly step: readonly OptimizerState[];
  readonly validator: ValidatorState | undefined;
}

/** Tells of a step: losses of all and of each expert by its letter, the learning rate, and validation losses where they were measured. */
function reportStep(
  watch: Watch,
  step: {
    readonly letters: readonly string[];
    readonly losses: Float64Array;
    readonly measured: Float64Array | undefined;
    readonly rate: number;
    readonly done: number;
    readonly total: number;
    /** Tokens of a step of all experts. */
    readonly tokens: number;
  },
): void {
  const { letters, losses, measured, rate, done, total, tokens } = step;
  const mean = meanOf(losses);
  watch.report({
    stage: `Training ${formatNumber(losses.length, 'expert')}`,
    done: done * tokens,
    total: total * tokens,
    unit: 'tokens',
    note: `loss ${mean.toFixed(2)}`,
    values: {
      ...curvesOf('loss', letters, losses, mean),
      'learning rate': rate,
      ...(measured && curvesOf('validation loss', letters, measured, meanOf(measured))),
    },
  });
}

/** The mean of those that are there. */
function meanOf(losses: Float64Array): number {
  const there = losses.filter((loss) => !Number.isNaN(loss));
  return there.reduce((sum, loss) => sum + loss, 0) / there.length;
}

function curvesOf(
  name: string,
  letters: readonly string[],
  losses: Float64Array,
  mean: number,
): Record<string, number> {
  const values: Record<string, number> = { [name]: mean };
  if (losses.length === 1) return values;
  losses.forEach((loss, e) => {
    if (!Number.isNaN(loss)) values[`${name} ${letters[e]}`] = loss;
  });
  return values;
}
