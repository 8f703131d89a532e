import type { ModelConfig } from './config';
import type { Architecture } from './architecture';
import { gpt2 } from './gpt2';
import { llama } from './llama';

const architectures: { readonly [A in ModelConfig['architecture']]: Architecture } = {
  llama,
  mistral: llama,
  qwen2: llama,
  qwen3: llama,
  gpt2,
};

export function architectureOf({ architecture }: ModelConfig): Architecture {
  return architectures[architecture];
}
