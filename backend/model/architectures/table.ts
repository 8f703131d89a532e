import type { ModelConfig } from '../config';
import type { Architecture } from './architecture';
import { llama } from './llama';

const architectures: { readonly [A in ModelConfig['architecture']]: Architecture } = { llama };

export function architectureOf({ architecture }: ModelConfig): Architecture {
  return architectures[architecture];
}
