/** Experts that were trained before say where documents belong: new ones find their piles, and perplexity EM its start. */
import type { TokenizedCorpus } from '../../../corpus/tokenized';
import type { LanguageModel } from '../../../model/language-model';
import { score } from '../../../model/score';
import { once, plain } from '../../../base/checkpoint';
import type { Watch } from '../../../base/progress';
import { assignBalanced } from '../../constraints/balance';
import { secondsSince } from '../../clustering';
import { findOutliers, type Fit } from '../../describe/outliers';
import { defaultPerplexityEm } from './perplexity-settings';
import { posteriorsOf, sumOverTokens } from './posteriors';
import type { Found, SplitOptions } from '../../split-options';

// Documents between two points from which the work can go on.
const judgedTogether = 1024;

/**
 * Each document goes to the expert that predicts its beginning best, as far as what people said allows it; all experts are equally
 * likely before. The model is the one that the experts were trained on.
 */
export async function judgeByExperts(
  model: LanguageModel,
  corpus: TokenizedCorpus,
  { experts, em, groups = [] }: SplitOptions,
  watch: Watch,
): Promise<Fit> {
  if (experts === undefined) throw new Error('no experts were given');
  const { stack } = experts;
  const { count: k } = stack;
  const { prefix } = { ...defaultPerplexityEm, ...em };
  const documents = corpus.train.map(({ tokens }) => tokens.subarray(0, prefix + 1));
  const losses = new Float64Array(documents.length * k);
  for (let from = 0; from < documents.length; from += judgedTogether) {
    const shard = documents.slice(from, from + judgedTogether);
    const sums = await once(watch, `judged from ${from}`, plain<Float64Array>(), async () => {
      const onBatch = (): void => watch.signal.throwIfAborted();
      return sumOverTokens(await score(model, shard, stack, { onBatch }), k);
    });
    losses.set(sums, from * k);
    const done = from + shard.length;
    watch.report({ stage: 'Experts judge the documents', done, total: documents.length, unit: 'documents' });
  }
  const posteriors = posteriorsOf(losses, k, new Float64Array(documents.length).fill(1));
  return { documents, losses, posteriors, assignments: assignBalanced(posteriors.map(Math.log), k, k, groups) };
}

/** The same as a split of its own, with the documents that fit no expert. */
export async function clusterByExperts(
  model: LanguageModel,
  corpus: TokenizedCorpus,
  options: SplitOptions,
  watch: Watch,
): Promise<Found> {
  const started = performance.now();
  const fit = await judgeByExperts(model, corpus, options, watch);
  const { prefix } = { ...defaultPerplexityEm, ...options.em };
  return {
    method: 'perplexity-em',
    k: options.k,
    seed: options.seed,
    assignments: fit.assignments,
    posteriors: Float32Array.from(fit.posteriors),
    outliers: await findOutliers(model, fit),
    seconds: secondsSince(started),
    settings: { prefix, rounds: 0 },
  };
}
