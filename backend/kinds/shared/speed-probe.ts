/** Measures how fast this machine trains and scores with a model: a few steps of each kind that a run needs. */
import { createExperts, type ExpertSettings } from '../../model/experts/forms';
import type { ExpertStack } from '../../model/experts/stack';
import type { LanguageModel } from '../../model/language-model';
import { score, usualRows } from '../../model/score';
import { TrainStep } from '../../model/training/train-step';
import { defaultAdamW } from '../../tensor/optimizer';

/** Training of k experts side by side, rows of so many tokens. */
export interface StepShape {
  readonly k: number;
  readonly expert: ExpertSettings;
  readonly rows: number;
  readonly context: number;
}

/** Runs that are timed after one that warms up, or as many as begin within the seconds. */
const [steps, patience] = [3, 1.5];

/** Seconds of one batch from which on a model is large: nobody should wait minutes for an estimate. */
const long = 5;

export class SpeedProbe {
  /** Seconds that building the graphs took: every run pays them, too. */
  building = 0;

  /** What was measured already: a run has many pieces of the same shape. */
  private readonly measured = new Map<string, Promise<number>>();

  /** Tokens per second of scoring with a large model, whose tokens all cost about the same whatever else is asked for. */
  private large: number | undefined;

  constructor(
    private readonly model: LanguageModel,
    private readonly longest = long,
  ) {}

  /** Tokens per second of training steps, all experts together. */
  training(shape: StepShape): Promise<number> {
    return this.once(['training', shape], () => this.measureTraining(shape));
  }

  /** Tokens per second of scoring, counted once per expert, in batches as so many tokens make them; k = 0 is the base model alone. */
  scoring(
    k: number,
    expert: ExpertSettings,
    { length, tokens }: { readonly length: number; readonly tokens: number },
  ): Promise<number> {
    const count = Math.max(1, Math.floor(Math.min(tokens, usualRows) / Math.max(1, k) / length));
    return this.once(['scoring', k, expert, length, count], () => this.measureScoring(k, expert, { length, count }));
  }

  private once(what: unknown, measure: () => Promise<number>): Promise<number> {
    const key = JSON.stringify(what);
    const known = this.measured.get(key) ?? measure();
    this.measured.set(key, known);
    return known;
  }

  private async measureTraining({ k: wanted, expert, rows: B, context: T }: StepShape): Promise<number> {
    const stack = await this.experts(wanted, expert);
    const k = stack.count;
    const started = performance.now();
    const step = await TrainStep.experts(this.model, stack, { optimizer: defaultAdamW, batch: { B, T } });
    this.building += (performance.now() - started) / 1000;
    const tokens = new Int32Array(k * B * (T + 1)).map((_, i) => i % 1000);
    const seconds = await this.typical(() => step.run({ tokens, k, B, T }, 1e-4));
    await step.dispose();
    return (k * B * T) / seconds;
  }

  private async measureScoring(
    wanted: number,
    expert: ExpertSettings,
    { length, count }: { readonly length: number; readonly count: number },
  ): Promise<number> {
    if (this.large !== undefined) return this.large;
    const stack = wanted === 0 ? undefined : await this.experts(wanted, expert);
    const k = stack?.count ?? 0;
    const texts = Array.from({ length: count }, () => new Int32Array(length + 1).map((_, i) => i % 1000));
    const seconds = await this.typical(() => score(this.model, texts, stack));
    const speed = (count * length * Math.max(1, k)) / seconds;
    if (seconds > this.longest) this.large = speed;
    return speed;
  }

  /** Experts with weights of their own go one by one: the speed of one is that of all. */
  private experts(k: number, settings: ExpertSettings): Promise<ExpertStack> {
    return createExperts(this.model, settings, { count: settings === 'full' ? 1 : k, seed: 1 });
  }

  /** Seconds of a run: the middle of some. What the first one takes beyond that is building, which is little of a long one. */
  private async typical(run: () => Promise<unknown>): Promise<number> {
    const once = async (): Promise<number> => {
      const started = performance.now();
      await run();
      return (performance.now() - started) / 1000;
    };
    const first = await once();
    if (first > this.longest) return first;
    const times: number[] = [];
    for (let spent = 0; times.length === 0 || (times.length < steps && spent < patience);) {
      times.push(await once());
      spent += times[times.length - 1];
    }
    const middle = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    this.building += Math.max(0, first - middle);
    return middle;
  }
}
