import { z } from 'zod';
import { artifactName } from '../artifacts/store';
import { pilesInput } from './piles-input';
import type { InputOf, OutputOf, Task } from './task';

/** Beside what is in piles, the documents by which piles are compared; the settings are `pilesToCompare`. */
const input = pilesInput.extend({ validation: artifactName });

/** `pileGains`. */
const output = z.strictObject({ gains: artifactName });

/** How likely mixtures of log-bias experts that learn from these piles make held-out documents. */
export const pileGainsTask = { name: 'pile-gains', input, output, checkpoints: true } satisfies Task<unknown, unknown>;
export type PileGainsInput = InputOf<typeof pileGainsTask>;
export type PileGainsOutput = OutputOf<typeof pileGainsTask>;
