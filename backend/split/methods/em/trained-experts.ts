/** Experts that were trained before say where documents belong: new ones find their piles, and perplexity EM its start. */
import { once, plainCodec } from '../../../base/checkpoint';
import type { Watch } from '../../../base/progress';
import { assignBalanced } from '../../constraints/balance';
import { type BaseScore, findOutliers, type Fit } from '../../describe/outliers';
import { splitHere } from '../../computing';
import type { Found } from '../../result';
import type { SplitTask, BeginningExperts } from '../split-method';
import { posteriorsOf, sumOverTokens } from './posteriors';

// Documents between two points from which the work can go on.
const judgedTogether = 1024;

/** Documents are told of shard by shard. */
const silenced = ({ signal }: Watch): Watch => ({ signal, report: () => undefined });

/**
 * Each document goes to the expert that predicts its beginning best, as far as what people said allows it; all experts are equally
 * likely before. The model is the one that the experts were trained on.
 */
export async function judgeByExperts(
  { model, corpus, groups, watch, computing = splitHere(model) }: SplitTask,
  { stack }: BeginningExperts,
  prefix: number,
): Promise<Fit> {
  const { count: k } = stack;
  const documents = corpus.train.map(({ tokens }) => tokens.subarray(0, prefix + 1));
  const losses = new Float64Array(documents.length * k);
  for (let from = 0; from < documents.length; from += judgedTogether) {
    const shard = documents.slice(from, from + judgedTogether);
    const sums = await once(watch, `judged from ${from}`, plainCodec<Float64Array>(), async () =>
      sumOverTokens(await computing.score(shard, stack, silenced(watch)), k),
    );
    losses.set(sums, from * k);
    const done = from + shard.length;
    watch.report({ stage: 'Experts judge the documents', done, total: documents.length, unit: 'documents' });
  }
  const posteriors = posteriorsOf(losses, k, new Float64Array(documents.length).fill(1));
  return { documents, losses, posteriors, assignments: assignBalanced(posteriors.map(Math.log), k, k, groups) };
}

/** The same as a split of its own, with the documents that fit no expert. */
export async function splitByExperts(task: SplitTask, experts: BeginningExperts, prefix: number): Promise<Found> {
  const { model, watch, computing = splitHere(model) } = task;
  const fit = await judgeByExperts(task, experts, prefix);
  const ofBase: BaseScore = (sequences) => computing.score(sequences, undefined, silenced(watch));
  return {
    assignments: fit.assignments,
    posteriors: Float32Array.from(fit.posteriors),
    outliers: await findOutliers(model.tokenizer, ofBase, fit),
    titles: experts.names,
    settings: { prefix, rounds: 0 },
  };
}
