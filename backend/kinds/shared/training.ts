/** Experts of several piles as tasks: side by side in one process, or, where others may take part, each by itself to the same bits. */
import { z } from 'zod';
import { formatNumber } from '../../base/format';
import { expertLetter } from '../../base/letter';
import { type Progress, renamed, type Watch } from '../../base/progress';
import { getValue, putValue } from '../../engine/artifacts/values';
import { eachByTasks, type Executor } from '../../engine/executors/executor';
import { ToldFailure } from '../../engine/failure';
import { getStack, putStack } from '../../engine/tasks/perform/stack';
import { packedTexts, type PackedTexts, packTrainingTexts, unpackTrainingTexts } from '../../engine/tasks/texts';
import { type TrainInput, type TrainOutput, trainTask } from '../../engine/tasks/train';
import type { ModelConfig } from '../../model/architectures/config';
import { stackExperts } from '../../model/experts/forms';

/** Trains one expert per pile. */
export async function trainByTasks(
  executor: Executor,
  input: TrainInput,
  config: ModelConfig,
  watch: Watch,
): Promise<TrainOutput> {
  const piles = executor.spreads ? await getValue(executor.artifacts, input.piles, z.array(packedTexts)) : [];
  if (piles.length < 2 || !separable(input)) return executor.execute(trainTask, input, watch);
  return new Apart(executor, input, config, piles, watch).train();
}

/**
 * Whether an expert has the same bits alone as beside others: what is dropped out is drawn for all together, what frozen layers make of
 * texts is kept where any of them reads twice, and experts that begin at the base model are drawn together.
 */
function separable({ settings: { dropout, expert, seedShare }, from, searchRate }: TrainInput): boolean {
  const partly = expert !== 'full' && expert.layers !== undefined;
  const branches = from === undefined ? seedShare > 0 : from !== 'base';
  return dropout === 0 && !partly && branches && searchRate !== true;
}

/** k experts, each trained by a task of its own. */
class Apart {
  private readonly latest: (Progress | undefined)[];
  private readonly letters: readonly string[];

  constructor(
    private readonly executor: Executor,
    private readonly input: TrainInput,
    private readonly config: ModelConfig,
    private readonly piles: readonly PackedTexts[],
    private readonly watch: Watch,
  ) {
    this.latest = piles.map(() => undefined);
    this.letters = input.letters ?? piles.map((_, e) => expertLetter(e));
  }

  async train(): Promise<TrainOutput> {
    const { from, settings } = this.input;
    const common = from === undefined ? await this.common() : { experts: from, tokens: 0 };
    const asked = settings.learningRate;
    const first = await this.each(
      common.experts,
      asked,
      this.piles.map(() => undefined),
    );
    const exploded = first.some(({ learningRate }) => learningRate !== asked);
    // Where one explodes, all begin again.
    const kept = first.map((trained) => (trained.learningRate === asked ? undefined : trained));
    const trained = exploded ? await this.each(common.experts, asked / 2, kept) : first;
    const [{ learningRate }] = trained;
    if (trained.some((one) => one.learningRate !== learningRate)) throw new ToldFailure(explodedAgain);
    const { artifacts } = this.executor;
    const stacks = await Promise.all(trained.map(({ experts }) => getStack(artifacts, experts, this.config)));
    const figures = trained.flatMap(({ validation }) => validation ?? []);
    return {
      experts: await putStack(artifacts, stackExperts(stacks)),
      tokens: trained.reduce((sum, { tokens }) => sum + tokens, common.tokens),
      losses: Float64Array.from(trained, ({ losses }) => losses[0]),
      learningRate,
      ...(figures.length > 0 && {
        validation: {
          base: Float64Array.from(figures, ({ base }) => base[0]),
          experts: Float64Array.from(figures, ({ experts }) => experts[0]),
        },
      }),
    };
  }

  /** What all experts branch from. */
  private async common(): Promise<TrainOutput> {
    const { model, tokens, settings } = this.input;
    const all = packTrainingTexts(this.piles.flatMap(unpackTrainingTexts));
    const piles = await putValue(this.executor.artifacts, [all]);
    const given = { model, piles, tokens: settings.seedShare * tokens, settings, from: 'base' as const };
    return this.executor.execute(trainTask, given, renamed(this.watch, 'Training what all experts share'));
  }

  /** The experts that are not there yet, at a learning rate. */
  private async each(
    from: string,
    learningRate: number,
    known: readonly (TrainOutput | undefined)[],
  ): Promise<TrainOutput[]> {
    const { executor, input, piles } = this;
    const { artifacts } = executor;
    const validation = input.validation && {
      ...input.validation,
      piles: await getValue(artifacts, input.validation.piles, z.array(packedTexts)),
    };
    const living = piles.filter(({ lengths }) => lengths.length > 0).length;
    return eachByTasks(executor, piles, async (pile, e) => {
      const there = known[e];
      if (there !== undefined) return there;
      const given: TrainInput = {
        ...input,
        piles: await putValue(artifacts, [pile]),
        letters: [this.letters[e]],
        settings: { ...input.settings, learningRate },
        from,
        one: { number: e, living },
        validation: validation && { ...validation, piles: await putValue(artifacts, [validation.piles[e]]) },
      };
      const { signal } = this.watch;
      return executor.execute(trainTask, given, { signal, report: (progress) => this.report(e, progress) });
    });
  }

  /** What is heard of one expert is told with what was heard of the others last. */
  private report(expert: number, progress: Progress): void {
    this.latest[expert] = progress;
    this.watch.report(together(this.latest, this.letters));
  }
}

/** As one who trains them side by side tells it. */
function together(latest: readonly (Progress | undefined)[], letters: readonly string[]): Progress {
  const heard = latest.flatMap((progress, e) => (progress === undefined ? [] : [{ letter: letters[e], ...progress }]));
  const values: Record<string, number> = {};
  for (const name of ['loss', 'validation loss']) {
    const each = heard.flatMap(({ letter, values: of }) =>
      of?.[name] === undefined ? [] : [{ letter, value: of[name] }],
    );
    if (each.length === 0) continue;
    values[name] = each.reduce((sum, { value }) => sum + value, 0) / each.length;
    for (const { letter, value } of each) values[`${name} ${letter}`] = value;
  }
  const rate = heard.at(0)?.values?.['learning rate'];
  // One that has not begun takes as long as the others.
  const share = latest.length / heard.length;
  return {
    stage: `Training ${formatNumber(latest.length, 'expert')}`,
    done: heard.reduce((sum, { done }) => sum + done, 0),
    total: share * heard.reduce((sum, { total }) => sum + total, 0),
    unit: 'tokens',
    note: `loss ${(values.loss ?? Number.NaN).toFixed(2)}`,
    values: { ...values, ...(rate !== undefined && { 'learning rate': rate }) },
  };
}

const explodedAgain = {
  reason: 'diverged',
  message: 'Training diverged, and with half of the learning rate it did so again.',
  next: 'Start it again with a lower learning rate.',
} as const;
