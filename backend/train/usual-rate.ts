/** The learning rate where nobody names one. */
import type { ModelConfig } from '../model/architectures/config';
import type { Family } from '../model/architectures/table';
import type { ExpertSettings } from '../model/experts/forms';

/**
 * Peak learning rate by the width D of the base model: 5e-4 · (2000 / D)^p of LoRA adapters (Schulman et al. 2025, "LoRA Without Regret",
 * with the exponents of their cookbook), and of narrower models than were measured there what was measured on those of Polymath
 * (docs/figures.md). A tenth of that where all weights are trained. Of adapters it holds for any rank, because alpha stays the same while
 * it is divided by the rank. Of families not measured there Llama's exponent is taken.
 */
export function usualLearningRate(
  { architecture, hiddenSize }: Pick<ModelConfig, 'architecture' | 'hiddenSize'>,
  expert: ExpertSettings,
): number {
  const exponent = exponents.get(architecture) ?? exponentOfLlama;
  const rate = hiddenSize < narrow ? rateOfNarrow : 5e-4 * (2000 / hiddenSize) ** exponent;
  return Number((expert === 'full' ? rate / 10 : rate).toPrecision(2));
}

const [narrow, rateOfNarrow] = [512, 4e-3];

const exponentOfLlama = 0.781;
const exponents: ReadonlyMap<string, number> = new Map<Family, number>([
  ['qwen2', 0.0775],
  ['qwen3', 0.0775],
]);
