import type { ArtifactStore } from '../../engine/artifacts/store';
import { getValue, putValue } from '../../engine/artifacts/values';
import type { Executor } from '../../engine/executors/local';
import { type EmRoundInput, emRoundTask } from '../../engine/tasks/em-round';
import { logBiasTask } from '../../engine/tasks/log-bias';
import { pileGainsTask } from '../../engine/tasks/pile-gains';
import { packTexts } from '../../engine/tasks/texts';
import { emResult } from '../../split/methods/em/em-state';
import type { ComparePiles } from '../../split/methods/em/log-bias/gains';
import type { RunLogBias } from '../../split/methods/em/log-bias/run';
import { logBiasPiles, pileGains } from '../../split/methods/em/log-bias/wire';
import type { RunPerplexityEm } from '../../split/methods/em/perplexity-em';

/** Perplexity EM with the base model of that hash, each round as a task. */
export function emByTasks(executor: Executor, model: string): RunPerplexityEm {
  return async (given, watch) => {
    const { artifacts } = executor;
    const input = { model, ...(await putDocuments(artifacts, given)) };
    let before: Pick<EmRoundInput, 'state'> = {};
    for (;;) {
      const round = await executor.execute(emRoundTask, { ...input, ...before }, watch);
      if ('result' in round) return getValue(artifacts, round.result, emResult);
      before = round;
    }
  };
}

/** Piles of log-bias experts of the same base model, as one task. */
export function logBiasByTasks(executor: Executor, model: string): RunLogBias {
  return async ({ documents, settings, proxyLayers }, watch) => {
    const { artifacts } = executor;
    const input = {
      model,
      proxyLayers,
      documents: await putValue(artifacts, packTexts(documents)),
      settings: await putValue(artifacts, settings),
    };
    const { piles } = await executor.execute(logBiasTask, input, watch);
    return getValue(artifacts, piles, logBiasPiles);
  };
}

/** What piles are worth by mixtures of log-bias experts of the same base model, as one task. */
export function comparePilesByTasks(executor: Executor, model: string): ComparePiles {
  return async (given, watch) => {
    const { artifacts } = executor;
    const input = { model, ...(await putDocuments(artifacts, given)) };
    const { gains } = await executor.execute(pileGainsTask, input, watch);
    return getValue(artifacts, gains, pileGains);
  };
}

/** What tasks about a division of documents are given: documents and settings go by their hashes. */
async function putDocuments<Settings>(
  artifacts: ArtifactStore,
  { documents, validation, settings, proxyLayers }: Given<Settings>,
): Promise<Record<'documents' | 'validation' | 'settings', string> & Pick<Given<Settings>, 'proxyLayers'>> {
  return {
    proxyLayers,
    documents: await putValue(artifacts, packTexts(documents)),
    validation: await putValue(artifacts, packTexts(validation)),
    settings: await putValue(artifacts, settings),
  };
}

interface Given<Settings> {
  readonly documents: readonly Int32Array[];
  readonly validation: readonly Int32Array[];
  readonly settings: Settings;
  readonly proxyLayers?: number | undefined;
}
