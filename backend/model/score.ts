import { multiplyDims } from '../tensor/dims';
import { expand, linearCrossEntropy, reshape } from '../tensor/ops';
import { disposeAll, GraphSession, type Results, upload } from '../tensor/runtime';
import { newGraph } from '../tensor/trace';
import { architectureOf } from './architectures/table';
import type { ExpertStack, Lane } from './experts/stack';
import {
  batchSources,
  float32,
  int64,
  joined,
  laneFeeds,
  laneKey,
  type LanguageModel,
  laneSources,
} from './language-model';
import { logitChunks } from './training/step-plan';

/** What k experts make of B sequences of up to T + 1 tokens; places past the end of a sequence hold meaningless numbers. */
export interface ScoredBatch {
  /** Which of the given sequences these are. */
  readonly indices: readonly number[];
  readonly k: number;
  readonly T: number;
  /** [k, B, T]: nats of token t + 1 given tokens 0…t. */
  readonly nll: Float32Array;
  /** [k, B, T, D]: hidden states after the final norm, where they were asked for. */
  readonly hidden?: Float32Array;
}

export interface ScoreOptions {
  readonly hidden?: boolean;
  /** Upper limit of k·B·T of one run: bounds the memory of activations. */
  readonly rowsPerRun?: number;
}

/** k·B·T of one run where nothing else is said. */
export const usualRows = 8192;

/**
 * Scores token sequences (each after its prefix token) under all experts of a stack, or under the base model alone:
 * batch by batch, similar lengths together. `visit` gets each batch; its arrays are not reused.
 */
export async function scoreBatches(
  model: LanguageModel,
  sequences: readonly Int32Array[],
  stack: ExpertStack | undefined,
  visit: (batch: ScoredBatch) => void | Promise<void>,
  { hidden = false, rowsPerRun = usualRows }: ScoreOptions = {},
): Promise<void> {
  const k = stack?.count ?? 1;
  const lanes = await Promise.all(
    (stack?.lanes ?? [undefined]).map(async (lane) => ({
      session: await scoringSession(model, lane, { hidden, rowsPerRun }),
      own: await upload(model.device, laneFeeds(lane)),
    })),
  );
  try {
    for (const indices of scoringBatches(sequences, k, rowsPerRun)) {
      const B = indices.length;
      const T = Math.max(...indices.map((i) => sequences[i].length)) - 1;
      const ids = new Int32Array(B * T);
      const targets = new Int32Array(B * T);
      indices.forEach((index, row) => {
        ids.set(sequences[index].subarray(0, T), row * T);
        targets.set(sequences[index].subarray(1), row * T);
      });
      const read = { ids: int64(ids, [1, B, T]), targets: int64(targets, [B * T]), offset: int64([0], [1]) };
      const results: Results[] = [];
      for (const { session, own } of lanes) results.push(await session.run({ ...own, ...read }));
      model.counted.scored += k * B * T;
      const all = (name: string): Float32Array => joined(results.map((result) => float32(result, name)));
      await visit({ indices, k, T, nll: all('nll'), ...(hidden ? { hidden: all('hidden') } : {}) });
    }
  } finally {
    for (const { own } of lanes) disposeAll(own);
  }
}

/** nats per token: for each sequence [k, length − 1]. */
export async function score(
  model: LanguageModel,
  sequences: readonly Int32Array[],
  stack?: ExpertStack,
  { onBatch = (): void => undefined, ...options }: ScoreOptions & { onBatch?: (sequences: number) => void } = {},
): Promise<Float32Array[]> {
  const result = sequences.map(() => new Float32Array(0));
  await scoreBatches(
    model,
    sequences,
    stack,
    ({ indices, k, T, nll }) => {
      indices.forEach((index, row) => {
        const length = sequences[index].length - 1;
        const losses = new Float32Array(k * length);
        for (let e = 0; e < k; e++) {
          const from = (e * indices.length + row) * T;
          losses.set(nll.subarray(from, from + length), e * length);
        }
        result[index] = losses;
      });
      onBatch(indices.length);
    },
    options,
  );
  return result;
}

/** Cuts a text's tokens into stretches of at most `context` predicted tokens, each with the prefix token before it. */
export function windows(tokens: Int32Array, context: number): Int32Array[] {
  const [prefix] = tokens;
  const result: Int32Array[] = [];
  for (let from = 1; from < tokens.length; from += context) {
    const part = tokens.subarray(from, from + context);
    const window = new Int32Array(part.length + 1);
    window[0] = prefix;
    window.set(part, 1);
    result.push(window);
  }
  return result;
}

/** Does for the stretches of all texts together what is done for a list of sequences: of each text what came of its stretches. */
export async function byText<R>(
  texts: readonly (readonly Int32Array[])[],
  work: (sequences: readonly Int32Array[]) => Promise<readonly R[]>,
): Promise<R[][]> {
  const all = await work(texts.flat());
  let read = 0;
  return texts.map(({ length }) => all.slice(read, (read += length)));
}

/**
 * The batches in which sequences are scored under k experts: their indices, similar lengths together. A list of sequences that are
 * whole batches, in this order, is scored in the same ones, and so to the same bits.
 */
export function* scoringBatches(
  sequences: readonly { readonly length: number }[],
  k: number,
  rowsPerRun = usualRows,
): Generator<number[]> {
  const rows = Math.max(1, Math.floor(rowsPerRun / k));
  const order = sequences.map((_, i) => i).filter((i) => sequences[i].length > 1);
  order.sort((a, b) => sequences[a].length - sequences[b].length || a - b);
  let batch: number[] = [];
  for (const index of order) {
    const length = sequences[index].length - 1;
    if (batch.length > 0 && (batch.length + 1) * length > rows) {
      yield batch;
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) yield batch;
}

function scoringSession(
  model: LanguageModel,
  lane: Lane | undefined,
  { hidden, rowsPerRun }: Required<ScoreOptions>,
): Promise<GraphSession> {
  return model.session(`score ${laneKey(lane)} ${hidden} ${rowsPerRun}`, () => {
    const { config } = model;
    const graph = newGraph();
    const k = lane?.count ?? 1;
    const rows = multiplyDims('B', 'T');
    const sources = laneSources(graph, lane, batchSources(model, graph));
    const ids = graph.input('ids', 'int64', [1, 'B', 'T']);
    const targets = graph.input('targets', 'int64', [rows]);
    const offset = graph.input('offset', 'int64', [1]);
    const outputs = architectureOf(config).trace(graph, config, {
      input: ids,
      ...sources,
      offset,
      mergeAdapters: true,
    });
    const flat = reshape(outputs.hidden, [multiplyDims(k, rows), config.hiddenSize]);
    const targetsForAll = reshape(expand(reshape(targets, [1, rows]), [k, rows]), [multiplyDims(k, rows)]);
    const chunks = logitChunks(rowsPerRun, config);
    const head = sources.weight(architectureOf(config).headName(config));
    const nll = linearCrossEntropy(flat, head, targetsForAll, { chunks, int8: sources.int8 });
    return GraphSession.create(graph, hidden ? { nll, hidden: flat } : { nll }, {
      device: model.device,
      threads: model.threads,
      weightsFolder: model.weightsFolder,
    });
  });
}
