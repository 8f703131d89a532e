/** What perplexity EM takes. */
import { type PerplexityEmSettings, perplexitySettingsOf } from '../../split/methods/em/perplexity-settings';
import { type Lengths, loraOf, shapeOf, type Work } from '../shared/estimate';
import type { SplitInputs } from './inputs';
import type { SplitSpec } from './spec';

interface Side {
  readonly train: number;
  readonly validation: number;
}

export async function addPerplexitySplit(
  work: Work,
  spec: SplitSpec,
  side: Side,
  { inputs, lengths }: { readonly inputs: SplitInputs; readonly lengths: Lengths },
): Promise<void> {
  const settings = emWork(spec);
  if (inputs.experts !== undefined) {
    const { experts, rank } = shapeOf(inputs.experts);
    const length = lengths.mean(settings.prefix);
    const shape = { lora: loraOf(rank) };
    await work.score(side.train * length * experts.length, experts.length, shape, length);
    if (spec.keep === true) return work.score(side.train * length, 0, shape, length);
  }
  for (let start = 0; start < (spec.restarts ?? 1); start++) await addSplit(work, settings, side, lengths);
}

/** After unigram EM few documents move, and one round is all. */
function emWork(spec: SplitSpec): PerplexityEmSettings {
  const settings = { ...perplexitySettingsOf(spec), k: spec.k, seed: spec.seed };
  const byWords = (spec.start ?? 'unigram') === 'unigram' && spec.experts === undefined;
  return byWords && !spec.literal ? { ...settings, rounds: 1 } : settings;
}

export async function addSplit(
  work: Work,
  em: PerplexityEmSettings,
  { train, validation }: Side,
  lengths: Lengths,
): Promise<void> {
  const { k, folds, lora, prefix, rounds, tokensPerRound, commonTokens } = em;
  const length = lengths.mean(prefix);
  const all = 3 * train * length;
  if (commonTokens > 0) await work.train(Math.min(commonTokens, all), { k: 1, lora, rows: 1, context: prefix });
  const learned = Math.min(tokensPerRound * k, all) * rounds;
  await work.train(learned, { k: k * folds, lora, rows: 4, context: prefix });
  await work.score((train + validation) * length * k * rounds, k, { lora }, length);
  await work.score(train * length, 0, { lora }, length);
}
