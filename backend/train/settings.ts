import { defaultLora } from '../model/adapters/adapter';
import type { ExpertSettings } from '../model/experts/forms';
import { type AdamWSettings, defaultAdamW } from '../tensor/optimizer';
import { usualTraining } from '../base/defaults';
import type { ScheduleName } from './schedules';

export interface TrainingSettings {
  readonly expert: ExpertSettings;
  /** Share of what adapters read that is dropped in training. */
  readonly dropout: number;
  readonly optimizer: AdamWSettings;
  /** The peak of the schedule. */
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  /** Share of the steps in which the learning rate rises to its peak. */
  readonly warmup: number;
  /** Share of the tokens that go into what all experts have in common, before they branch. */
  readonly seedShare: number;
  /** Rows and tokens per row of one expert's step, and such steps whose gradients make one update. */
  readonly rows: number;
  readonly context: number;
  readonly accumulation: number;
  /** Texts one after another in full rows; otherwise each in rows of its own, filled up with tokens that do not count. */
  readonly packing: boolean;
  /** Tokens of one text that are learned from at most, from its beginning on. */
  readonly documentTokens: number;
  readonly seed: number;
}

export const defaultTraining: TrainingSettings = {
  expert: defaultLora,
  dropout: usualTraining.dropout,
  optimizer: defaultAdamW,
  learningRate: 5e-3,
  schedule: usualTraining.schedule,
  warmup: usualTraining.warmup,
  // Measured on the sample corpus (docs/figures.md): experts that part later than this learn too little of their own.
  seedShare: 0.25,
  rows: usualTraining.batchSize,
  context: usualTraining.context,
  accumulation: usualTraining.gradientAccumulation,
  packing: true,
  documentTokens: usualTraining.documentContexts * usualTraining.context,
  seed: 1,
};
