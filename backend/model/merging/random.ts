import { createRandom, type Random } from '../../base/random';

/** The random numbers of an expert in a tensor, whatever else is merged, and in which pieces. */
export function randomOf(seed: number, expert: number, tensor: string): Random {
  return createRandom(seed, expert, ...Buffer.from(tensor));
}
