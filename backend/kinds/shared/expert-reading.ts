import type { ArtifactStore } from '../../engine/artifacts/store';
import { putValue } from '../../engine/artifacts/values';
import { eachByTasks, type Executor } from '../../engine/executors/executor';
import { putStack } from '../../engine/tasks/perform/stack';
import { putWeighting } from '../../engine/tasks/perform/weighting';
import { probeFeaturesTask } from '../../engine/tasks/probe-features';
import { type ScoreOutput, scoreTask } from '../../engine/tasks/score';
import { packTexts } from '../../engine/tasks/texts';
import type { KeptWeighting } from '../../engine/tasks/weighting';
import { columnCount } from '../../mixing/base-column';
import type { Evidence } from '../../mixing/evidence';
import { type ExpertReading, readersOf } from '../../mixing/reading';
import { textPieces, type Weighed } from '../../mixing/text-evidence';
import type { ExpertStack } from '../../model/experts/stack';
import { scoringBatches } from '../../model/score';
import type { Watch } from '../../base/progress';
import type { OpenedModel } from './base-model';

// Batches of one task: the smallest piece of work that is not done again after an interruption.
const batchesTogether = 8;

/** Experts read texts in tasks of whole batches, to the bits that one process reads. */
export async function readByTasks(
  executor: Executor,
  opened: OpenedModel,
  stack: ExpertStack,
  { signal }: Pick<Watch, 'signal'>,
  together = batchesTogether,
): Promise<ExpertReading> {
  const { artifacts } = executor;
  const common = { model: opened.sha256, adapters: await putStack(artifacts, stack) };
  const k = stack.count;
  const watch: Watch = { signal, report: () => undefined };
  const put = (texts: readonly Int32Array[]): Promise<string> => putValue(artifacts, packTexts(texts));
  return {
    hidden: async (whose, sequences, positions, onRead) => {
      const readers = readersOf(stack, whose);
      const adapters = readers === stack ? common.adapters : await putStack(artifacts, readers);
      const parts = await eachByTasks(executor, shardsOf(sequences, readers.count, together), async (shard) => {
        const texts = await put(shard.map((i) => sequences[i]));
        const places = await put(shard.map((i) => positions[i]));
        const input = { model: opened.sha256, adapters, texts, positions: places };
        const { hidden } = await executor.execute(probeFeaturesTask, input, watch);
        onRead(shard.length);
        return hidden;
      });
      return sideBySide(parts, readers.count);
    },
    evidence: async (sequences, weighting, onRead) => {
      const result = sequences.map((): Evidence => ({ k, n: 0, nll: new Float32Array(0) }));
      const kept = await putNeeded(artifacts, weighting);
      await eachByTasks(executor, shardsOf(sequences, columnCount(weighting), together), async (shard) => {
        const texts = await put(shard.map((i) => sequences[i]));
        const scored = await executor.execute(scoreTask, { ...common, ...kept, texts }, watch);
        shard.forEach((i, row) => {
          result[i] = evidenceOf(scored.texts[row][0], sequences[i], weighting, opened);
        });
        onRead(shard.length);
      });
      return result;
    },
  };
}

/** What a worker has to know of a weighting: nothing of one that goes by losses and texts of the experts alone. */
export async function putNeeded(
  artifacts: ArtifactStore,
  weighting: Weighed,
): Promise<{ readonly weighting?: KeptWeighting }> {
  const { needs, base, exponents } = weighting;
  if (needs.hidden === undefined && base === undefined && exponents === undefined) return {};
  return { weighting: await putWeighting(artifacts, weighting) };
}

/** What a task says of a stretch, with what a weighting needs beside it. */
export function evidenceOf(
  stretch: ScoreOutput['texts'][number][number],
  tokens: Int32Array,
  weighting: Weighed,
  { model }: OpenedModel,
): Evidence {
  const k = columnCount(weighting);
  const pieces = weighting.needs.text && { texts: textPieces(model.tokenizer, tokens) };
  return { ...stretch, k, n: stretch.nll.length / k, ...pieces };
}

/** Indices of sequences, some whole batches together. */
export function shardsOf(sequences: readonly Int32Array[], k: number, together = batchesTogether): number[][] {
  const batches = [...scoringBatches(sequences, k)];
  return Array.from({ length: Math.ceil(batches.length / together) }, (_, i) =>
    batches.slice(i * together, (i + 1) * together).flat(),
  );
}

/** Parts [k, p, D] as one [k, P, D]. */
function sideBySide(parts: readonly Float32Array[], k: number): Float32Array {
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  const result = new Float32Array(total);
  let at = 0;
  for (const part of parts) {
    const share = part.length / k;
    for (let e = 0; e < k; e++) result.set(part.subarray(e * share, (e + 1) * share), e * (total / k) + at);
    at += share;
  }
  return result;
}
