import type { Activation } from './config';
import { unsupported } from './fields';

/** By the names that transformers has for them; several name one function. */
const activations: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  gelu_new: 'gelu',
  gelu_fast: 'gelu',
  gelu_pytorch_tanh: 'gelu',
};

export function activationNamed(name: string, field: string, path: string): Activation {
  if (!Object.hasOwn(activations, name)) throw unsupported(path, field, name);
  return activations[name];
}
