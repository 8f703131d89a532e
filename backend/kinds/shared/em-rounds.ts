import type { ArtifactStore } from '../../engine/artifacts/store';
import { getValue, putValue } from '../../engine/artifacts/values';
import type { Executor } from '../../engine/executors/executor';
import { type EmRoundInput, emRoundTask } from '../../engine/tasks/em-round';
import { gradientsTask } from '../../engine/tasks/gradients';
import { logBiasTask } from '../../engine/tasks/log-bias';
import { pileGainsTask } from '../../engine/tasks/pile-gains';
import { packTexts } from '../../engine/tasks/texts';
import { emResult } from '../../split/methods/em/em-state';
import type { RunGradients } from '../../split/methods/em/gradients/run';
import { gradientPiles } from '../../split/methods/em/gradients/wire';
import type { ComparePiles } from '../../split/methods/em/log-bias/gains';
import type { RunLogBias } from '../../split/methods/em/log-bias/run';
import { logBiasPiles, pileGains } from '../../split/methods/em/log-bias/wire';
import type { BaseScore } from '../../split/describe/outliers';
import { emWith, type RunPerplexityEm } from '../../split/methods/em/perplexity-em';
import type { OpenedModel } from './base-model';
import { expertsByTasks, learnApart } from './em-experts';

/**
 * Perplexity EM with a base model: each round as a task, or, where others may take part, what a round is made of. `base`: its nats of
 * sequences.
 */
export function emByTasks(executor: Executor, opened: OpenedModel, base: BaseScore): RunPerplexityEm {
  const { sha256: model } = opened;
  return async (given, watch) => {
    if (executor.spreads && given.proxyLayers === undefined && learnApart(given.settings)) {
      const { tokenizer } = opened.model;
      return emWith(expertsByTasks(executor, opened, base), { tokenizer, ...given }, watch);
    }
    const { artifacts } = executor;
    const input = { model, ...(await putDivided(artifacts, given)) };
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
  return async (given, watch) => {
    const { artifacts } = executor;
    const input = { model, ...(await putDocuments(artifacts, given)) };
    const { piles } = await executor.execute(logBiasTask, input, watch);
    return getValue(artifacts, piles, logBiasPiles);
  };
}

/** Piles by gradients of the same base model, as one task. */
export function gradientsByTasks(executor: Executor, model: string): RunGradients {
  return async (given, watch) => {
    const { artifacts } = executor;
    const input = { model, ...(await putDocuments(artifacts, given)) };
    const { piles } = await executor.execute(gradientsTask, input, watch);
    return getValue(artifacts, piles, gradientPiles);
  };
}

/** What piles are worth by mixtures of log-bias experts of the same base model, as one task. */
export function comparePilesByTasks(executor: Executor, model: string): ComparePiles {
  return async (given, watch) => {
    const { artifacts } = executor;
    const input = { model, ...(await putDivided(artifacts, given)) };
    const { gains } = await executor.execute(pileGainsTask, input, watch);
    return getValue(artifacts, gains, pileGains);
  };
}

/** What tasks about documents are given: these and settings go by their hashes. */
async function putDocuments<Settings>(
  artifacts: ArtifactStore,
  { documents, settings, proxyLayers }: Given<Settings>,
): Promise<Record<'documents' | 'settings', string> & Pick<Given<Settings>, 'proxyLayers'>> {
  return {
    proxyLayers,
    documents: await putValue(artifacts, packTexts(documents)),
    settings: await putValue(artifacts, settings),
  };
}

/** The same with held-out documents, by which a division of the others is judged. */
async function putDivided<Settings>(
  artifacts: ArtifactStore,
  { validation, ...given }: Given<Settings> & { readonly validation: readonly Int32Array[] },
): Promise<Awaited<ReturnType<typeof putDocuments>> & { readonly validation: string }> {
  return { ...(await putDocuments(artifacts, given)), validation: await putValue(artifacts, packTexts(validation)) };
}

interface Given<Settings> {
  readonly documents: readonly Int32Array[];
  readonly settings: Settings;
  readonly proxyLayers?: number | undefined;
}
