/** Whether experts with all weights of their own fit into the memory of this machine while they are trained. */
import { totalmem } from 'node:os';
import { formatBytes } from '../base/bytes';
import { UserError } from '../base/errors';
import { architectureOf } from '../model/architectures/table';
import type { ModelConfig } from '../model/architectures/config';
import type { ExpertSettings } from '../model/experts/forms';

const bytesPerFloat = 4;
/** Weights, gradients and both moments, and the three of them that go into a checkpoint. */
const copiesPerExpert = 7;
/** The base model, by which experts are measured: its weights, and once more as they are computed with. */
const copiesOfBase = 2;
/** Of them what a step of one expert holds: its weights, gradients and moments. */
const copiesInStep = 4;
/** Two processes, and what a step and the scoring of texts compute with: three experts of the bundled model took 706 MiB in all. */
const working = 400 * 2 ** 20;

export interface TrainedTogether {
  /** Experts side by side. */
  readonly k: number;
  /** Whether gradients are summed up, and whether each expert is kept as it was when it did best: one copy more for each. */
  readonly accumulates?: boolean;
  readonly keepsBest?: boolean;
}

/** Bytes of memory that the training of full experts takes beside what it keeps of the texts, from the model's dimensions alone. */
export function fullTrainingBytes(config: ModelConfig, together: TrainedTogether): number {
  return working + (copiesOf(together) + copiesOfBase) * bytesPerFloat * weightsOf(config);
}

/** Bytes of them beside what a step of one expert alone takes. */
export function bytesBesideStep(config: ModelConfig, together: TrainedTogether): number {
  return (copiesOf(together) - copiesInStep) * bytesPerFloat * weightsOf(config);
}

function copiesOf({ k, accumulates = false, keepsBest = false }: TrainedTogether): number {
  return k * (copiesPerExpert + Number(accumulates) + Number(keepsBest));
}

/** Numbers that are one full expert's own. */
export function weightsOf(config: ModelConfig): number {
  return [...architectureOf(config).parameters(config).values()].reduce(
    (sum, shape) => sum + shape.reduce((product, dim) => product * dim, 1),
    0,
  );
}

/** Throws UserError where experts have all weights of their own and so many of them do not fit, before anything is computed. */
export function requireMemory(
  config: ModelConfig,
  expert: ExpertSettings,
  together: TrainedTogether,
  atHand = memoryAtHand(),
): void {
  const needed = expert === 'full' ? fullTrainingBytes(config, together) : 0;
  if (needed <= atHand) return;
  const { k } = together;
  const what = k === 1 ? 'an expert with all weights of its own' : `${k} experts with all weights of their own`;
  throw new UserError(
    `Training ${what} takes about ${formatBytes(needed)} of memory (weights, gradients, moments, checkpoint, in float32), and ${formatBytes(atHand)} are at hand.`,
    `Train LoRA adapters ({adapter} lora), ${k === 1 ? '' : 'fewer experts at once (split into fewer piles), '}or take a smaller base model.`,
  );
}

/** Bytes that are free for this process. Apple's system counts what it only caches as used: there it is what the machine has. */
export function memoryAtHand(): number {
  return process.platform === 'darwin' ? totalmem() : process.availableMemory();
}
