/** All algorithms, with what they do. What each says of itself is in `algorithms/settings.ts`. */
import { UserError } from '../base/errors';
import type { Algorithm } from './algorithm';
import { de } from './algorithms/de/de';
import { ga } from './algorithms/ga/ga';
import { gps } from './algorithms/gps/gps';
import { paraphrase } from './algorithms/paraphrase/paraphrase';
import { random } from './algorithms/random/random';

export const algorithms: readonly Algorithm[] = [ga, de, gps, random, paraphrase];

/** Throws UserError where none has the name. */
export function algorithmNamed(name: string): Algorithm {
  const found = algorithms.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = algorithms.map((one) => one.name).join(', ');
  throw new UserError(`No way to evolve councils is called ${name}.`, `Choose one of: ${known}.`);
}
