import { defaultLora, type LoraSettings } from '../model/adapters/adapter';
import { type AdamWSettings, defaultAdamW } from '../tensor/optimizer';
import { usualLearningRate } from '../base/defaults';

export interface TrainingSettings {
  readonly lora: LoraSettings;
  readonly optimizer: AdamWSettings;
  readonly learningRate: number;
  /** Share of the tokens that go into what all experts have in common, before they branch. */
  readonly seedShare: number;
  /** Rows and tokens per row of one expert's step. */
  readonly rows: number;
  readonly context: number;
  readonly seed: number;
}

export const defaultTraining: TrainingSettings = {
  lora: defaultLora,
  optimizer: defaultAdamW,
  learningRate: usualLearningRate,
  seedShare: 0.5,
  rows: 1,
  context: 128,
  seed: 1,
};
