/** What the base model expects at every token of documents, read once: all that experts of a log-bias each need of it. */
import { pause, type Watch } from '../../../../base/progress';
import { architectureOf } from '../../../../model/architectures/table';
import { float32, frozenWeights, int64, type LanguageModel } from '../../../../model/language-model';
import { scoringBatches } from '../../../../model/score';
import { multiplyDims } from '../../../../tensor/dims';
import { matmul, reshape, softmax } from '../../../../tensor/ops';
import { GraphSession } from '../../../../tensor/runtime';
import { newGraph } from '../../../../tensor/trace';

/** Of a document of n tokens after its prefix token. */
export interface PredictedDocument {
  /** [n]. */
  readonly tokens: Int32Array;
  /** What each occurrence counts [n]: of a token that comes c times in the document log2(1 + c) / c. */
  readonly weights: Float32Array;
  /** What all occurrences of the token in the document count together [n]. */
  readonly together: Float32Array;
  /** Where the large probabilities of each token's distribution begin, and where the last ones end [n + 1]. */
  readonly starts: Int32Array;
  /** The tokens that have them, and how large they are. */
  readonly ids: Uint32Array;
  readonly probabilities: Float32Array;
  /** The sum of all others [n]. */
  readonly rests: Float32Array;
}

/**
 * Distributions of which the large probabilities are kept one by one and the rest as its sum: rests are spread over the vocabulary as
 * they are in the mean. That makes a distribution again, so what experts say by it are likelihoods.
 */
export interface Predictions {
  readonly documents: readonly PredictedDocument[];
  /** Share of each token in the rests [V]; sums to 1. */
  readonly spread: Float64Array;
}

// Smaller probabilities are not kept one by one: some 55 are left of a distribution over 4,096 tokens, with three quarters of it.
const leastKept = 1 / 500;
// Probabilities that exist at once: 16 MiB of them, but those of 64 tokens at least.
const numbersAtOnce = 2 ** 22;

/** Reads documents, each with its prefix token. Throws the signal's reason when it is aborted. */
export async function predictDocuments(
  model: LanguageModel,
  documents: readonly Int32Array[],
  watch: Watch,
): Promise<Predictions> {
  const V = model.config.vocabularySize;
  const session = await predictionSession(model);
  const result = documents.map((tokens) => unpredicted(tokens.subarray(1, 1)));
  const small = new Float64Array(V);
  let done = 0;
  try {
    for (const indices of scoringBatches(documents, 1, Math.max(64, Math.floor(numbersAtOnce / V)))) {
      const [B, T] = [indices.length, Math.max(...indices.map((i) => documents[i].length)) - 1];
      const ids = new Int32Array(B * T);
      indices.forEach((index, row) => ids.set(documents[index].subarray(0, T), row * T));
      const results = await session.run({ ids: int64(ids, [1, B, T]), offset: int64([0], [1]) });
      model.counted.scored += B * T;
      const all = float32(results, 'probabilities');
      indices.forEach((index, row) => {
        const own = all.subarray(row * T * V, (row + 1) * T * V);
        result[index] = {
          ...unpredicted(documents[index].subarray(1)),
          ...largeOnes(own, documents[index].length - 1, small),
        };
      });
      done += B;
      watch.report({ stage: 'Reading the documents', done, total: documents.length, unit: 'documents' });
      await pause(watch);
    }
  } finally {
    await session.dispose();
  }
  return { documents: result, spread: normalised(small) };
}

/** The same of a model that expects the corpus's tokens as often as they come, whatever stands before: a mixture of unigrams begins with it. */
export function predictByFrequency(documents: readonly Int32Array[], V: number): Predictions {
  const counts = new Float64Array(V);
  const result = documents.map((tokens) => unpredicted(tokens.subarray(1)));
  for (const { tokens, weights } of result) tokens.forEach((token, t) => (counts[token] += weights[t]));
  return { documents: result, spread: normalised(counts) };
}

/** Shares of a sum; equal ones of nothing. */
export function normalised(shares: Float64Array): Float64Array {
  const total = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => (total > 0 ? share / total : 1 / shares.length));
}

/** What each occurrence of a token counts, and all of them together: a second one says less of what a document is about than the first. */
export function dampened(tokens: Int32Array): Pick<PredictedDocument, 'weights' | 'together'> {
  const times = new Map<number, number>();
  for (const token of tokens) times.set(token, (times.get(token) ?? 0) + 1);
  const all = (token: number): number => Math.log2(1 + (times.get(token) ?? 1));
  return {
    weights: Float32Array.from(tokens, (token) => all(token) / (times.get(token) ?? 1)),
    together: Float32Array.from(tokens, all),
  };
}

/** Nothing is kept of any distribution. */
function unpredicted(tokens: Int32Array): PredictedDocument {
  return {
    tokens: tokens.slice(),
    ...dampened(tokens),
    starts: new Int32Array(tokens.length + 1),
    ids: new Uint32Array(0),
    probabilities: new Float32Array(0),
    rests: new Float32Array(tokens.length).fill(1),
  };
}

/** What is kept of n distributions [n, V]; the rest is added to `small` [V]. */
function largeOnes(
  all: Float32Array,
  n: number,
  small: Float64Array,
): Pick<PredictedDocument, 'starts' | 'ids' | 'probabilities' | 'rests'> {
  const V = small.length;
  const starts = new Int32Array(n + 1);
  const rests = new Float32Array(n);
  const ids: number[] = [];
  const probabilities: number[] = [];
  for (let t = 0, at = 0; t < n; t++) {
    let kept = 0;
    for (let v = 0; v < V; v++, at++) {
      const p = all[at];
      if (p < leastKept) small[v] += p;
      else {
        ids.push(v);
        probabilities.push(p);
        kept += p;
      }
    }
    rests[t] = Math.max(0, 1 - kept);
    starts[t + 1] = ids.length;
  }
  return { starts, rests, ids: Uint32Array.from(ids), probabilities: Float32Array.from(probabilities) };
}

function predictionSession(model: LanguageModel): Promise<GraphSession> {
  const { config, device, threads, weightsFolder } = model;
  const graph = newGraph();
  const weight = frozenWeights(model, graph);
  const { hidden } = architectureOf(config).trace(graph, config, {
    input: graph.input('ids', 'int64', [1, 'B', 'T']),
    weight,
    adapter: () => undefined,
    offset: graph.input('offset', 'int64', [1]),
  });
  const rows = reshape(hidden, [multiplyDims('B', 'T'), config.hiddenSize]);
  const head = weight(architectureOf(config).headName(config));
  const probabilities = softmax(matmul(rows, head, { transB: true }));
  return GraphSession.create(graph, { probabilities }, { device, threads, weightsFolder });
}
