/** Validation documents by the experts that they are to measure. */
import type { TokenizedCorpus } from '../../corpus/tokenized';
import { pilesByWords } from '../../split/methods/unigram/unigram-em';
import { stepsOf } from '../../train/learning';
import type { TrainingSettings } from '../../train/settings';

/** Documents that are looked at, and tokens that measure one expert: enough to see it go astray, and a few hundredths of the training. */
export const validationDocuments = 500;
export const tokensPerExpert = 1024;
export const textTokens = 256;
/** In a training. */
export const evaluations = 5;

/**
 * Texts for each expert: validation documents whose words are most like those of its pile, by a mixture of unigrams, so that an expert has no
 * say in what it is measured on. Undefined where no documents are held out.
 */
export function validationTexts(
  { train, validation }: TokenizedCorpus,
  piles: Int32Array,
  k: number,
): Int32Array[][] | undefined {
  if (validation.length === 0) return undefined;
  const known = Int32Array.from([...piles, ...validation.map(() => -1)]);
  const found = pilesByWords(
    [...train, ...validation].map(({ text }) => text),
    known,
    k,
  ).subarray(train.length);
  const left = new Array<number>(k).fill(tokensPerExpert);
  const texts = Array.from({ length: k }, (): Int32Array[] => []);
  validation.forEach(({ tokens }, d) => {
    const pile = found[d];
    const taken = tokens.subarray(0, Math.min(tokens.length, left[pile] + 1, textTokens + 1));
    if (taken.length < 2) return;
    texts[pile].push(taken);
    left[pile] -= taken.length - 1;
  });
  return texts;
}

/** Steps between evaluations, of which there are a few in a training. */
export function evaluationSteps(tokens: number, k: number, settings: TrainingSettings): number {
  return Math.max(1, Math.ceil(stepsOf(((1 - settings.seedShare) * tokens) / k, settings) / evaluations));
}
