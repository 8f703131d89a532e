/** Measures how fast this machine trains and scores with a model: a few steps of each kind that a run needs. */
import { createAdapters, type LoraSettings } from '../../model/adapters/adapter';
import type { LanguageModel } from '../../model/language-model';
import { score } from '../../model/score';
import { TrainStep } from '../../model/training/train-step';
import { defaultAdamW } from '../../tensor/optimizer';

/** Training of k experts side by side, rows of so many tokens. */
export interface StepShape {
  readonly k: number;
  readonly lora: LoraSettings;
  readonly rows: number;
  readonly context: number;
}

const steps = 3;

export class SpeedProbe {
  /** Seconds that building the graphs took: every run pays them, too. */
  building = 0;

  /** What was measured already: a run has many pieces of the same shape. */
  private readonly measured = new Map<string, Promise<number>>();

  constructor(private readonly model: LanguageModel) {}

  /** Tokens per second of training steps, all experts together. */
  training(shape: StepShape): Promise<number> {
    return this.once(['training', shape], () => this.measureTraining(shape));
  }

  /** Tokens per second of scoring, counted once per expert; k = 0 is the base model alone. */
  scoring(k: number, lora: LoraSettings, length: number): Promise<number> {
    return this.once(['scoring', k, lora, length], () => this.measureScoring(k, lora, length));
  }

  private once(what: unknown, measure: () => Promise<number>): Promise<number> {
    const key = JSON.stringify(what);
    const known = this.measured.get(key) ?? measure();
    this.measured.set(key, known);
    return known;
  }

  private async measureTraining({ k, lora, rows: B, context: T }: StepShape): Promise<number> {
    const stack = createAdapters(this.model.config, lora, { count: k, seed: 1 });
    const step = await this.timed(() =>
      TrainStep.adapters(this.model, stack, { optimizer: defaultAdamW, batch: { B, T } }),
    );
    const tokens = new Int32Array(k * B * (T + 1)).map((_, i) => i % 1000);
    const run = (): Promise<unknown> => step.run({ tokens, k, B, T }, 1e-4);
    const seconds = await median(run);
    await step.dispose();
    return (k * B * T) / seconds;
  }

  private async measureScoring(k: number, lora: LoraSettings, length: number): Promise<number> {
    const stack = k === 0 ? undefined : createAdapters(this.model.config, lora, { count: k, seed: 1 });
    const count = Math.max(1, Math.floor(2048 / Math.max(1, k) / length));
    const texts = Array.from({ length: count }, () => new Int32Array(length + 1).map((_, i) => i % 1000));
    const run = (): Promise<unknown> => score(this.model, texts, stack);
    await this.timed(run);
    return (count * length * Math.max(1, k)) / (await median(run));
  }

  private async timed<T>(build: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await build();
    this.building += (performance.now() - started) / 1000;
    return result;
  }
}

/** Seconds: the middle of some runs after one that warms up. */
async function median(run: () => Promise<unknown>): Promise<number> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < steps; i++) {
    const started = performance.now();
    await run();
    times.push((performance.now() - started) / 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(steps / 2)];
}
