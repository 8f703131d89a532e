/** The learning rate where nobody names one. */
import type { ModelConfig } from '../model/architectures/config';
import type { Family } from '../model/architectures/table';

/**
 * Peak learning rate of LoRA adapters by the width of the base model: 5e-4 · (2000 / D)^p, which is ten times what full fine-tuning takes
 * (Schulman et al. 2025, "LoRA Without Regret", with the exponents of their cookbook). It holds for any rank, because alpha stays the
 * same while it is divided by the rank. Of families not measured there Llama's exponent is taken.
 */
export function usualLearningRate({
  architecture,
  hiddenSize,
}: Pick<ModelConfig, 'architecture' | 'hiddenSize'>): number {
  const rate = 5e-4 * (2000 / hiddenSize) ** (exponents.get(architecture) ?? exponentOfLlama);
  return Number(rate.toPrecision(2));
}

const exponentOfLlama = 0.781;
const exponents: ReadonlyMap<string, number> = new Map<Family, number>([
  ['qwen2', 0.0775],
  ['qwen3', 0.0775],
]);
