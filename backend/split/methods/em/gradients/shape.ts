/** Which gradients are taken of a document, and the memory that they need. */
import { formatBytes } from '../../../../base/bytes';
import { UserError } from '../../../../base/errors';
import { adaptedModules, type LoraSettings } from '../../../../model/adapters/adapter';
import type { ModelConfig } from '../../../../model/architectures/config';
import { memoryAtHand } from '../../../../train/memory';

/** Documents whose gradients are computed at once. */
export const slots = 8;
/** Numbers of gradients that are kept at once: 256 MiB of them. */
export const mostNumbers = 2 ** 26;
/** Of a model whose gradients are too large the lower layers are left out, until so many documents' gradients can be kept. */
const leastKept = 500;

const rank = 4;
const bytesPerNumber = 4;
/** Gradients, and once more as they go into a checkpoint. */
const copies = 2;
/** Numbers of double precision per number of a gradient, while directions are sought: three of them per pile and ten, several times. */
const sketched = 200;
/** What a step computes with. */
const working = 200 * 2 ** 20;

/** The adapter whose gradients are taken: in all layers, or in as many of the last as leave room for the gradients of enough documents. */
export function gradientAdapter(config: ModelConfig, documents: number): LoraSettings {
  const kept = Math.min(documents, leastKept);
  const settings = (layers: number): LoraSettings => ({ rank, alpha: rank, targets: 'all-linear', layers });
  let layers = config.layers;
  while (layers > 1 && kept * gradientWidth(config, settings(layers)) > mostNumbers) layers--;
  return settings(layers);
}

/** Numbers of one gradient: those of B. */
export function gradientWidth(config: ModelConfig, settings: LoraSettings): number {
  return adaptedModules(config, settings).reduce((sum, { out, rank }) => sum + out * rank, 0);
}

/** Documents from whose gradients directions are learned. */
export function learnedFrom(config: ModelConfig, documents: number): number {
  const width = gradientWidth(config, gradientAdapter(config, documents));
  return Math.max(1, Math.min(documents, Math.floor(mostNumbers / width)));
}

/** Bytes that the gradients of so many documents take, and what is computed with them. */
export function gradientBytes(config: ModelConfig, documents: number): number {
  const width = gradientWidth(config, gradientAdapter(config, documents));
  return working + width * (copies * bytesPerNumber * learnedFrom(config, documents) + 2 * bytesPerNumber * sketched);
}

/** Throws UserError where there is not as much memory, before anything is computed. */
export function requireGradientMemory(config: ModelConfig, documents: number, atHand = memoryAtHand()): void {
  const needed = gradientBytes(config, documents);
  if (needed <= atHand) return;
  throw new UserError(
    `Gradients of the documents take about ${formatBytes(needed)} of memory, and ${formatBytes(atHand)} are at hand.`,
    'Begin with other piles ({start} unigram), or take a smaller base model.',
  );
}
