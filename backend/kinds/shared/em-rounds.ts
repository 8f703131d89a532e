import { getValue, putValue } from '../../engine/artifacts/values';
import type { Executor } from '../../engine/executors/local';
import { type EmRoundInput, emRoundTask } from '../../engine/tasks/em-round';
import { packTexts } from '../../engine/tasks/texts';
import { emResult } from '../../split/methods/em/em-state';
import type { RunPerplexityEm } from '../../split/methods/em/perplexity-em';

/** Perplexity EM with the base model of that hash, each round as a task. */
export function emByTasks(executor: Executor, model: string): RunPerplexityEm {
  return async ({ documents, validation, settings, proxyLayers }, watch) => {
    const { artifacts } = executor;
    const input = {
      model,
      proxyLayers,
      documents: await putValue(artifacts, packTexts(documents)),
      validation: await putValue(artifacts, packTexts(validation)),
      settings: await putValue(artifacts, settings),
    };
    let before: Pick<EmRoundInput, 'state'> = {};
    for (;;) {
      const round = await executor.execute(emRoundTask, { ...input, ...before }, watch);
      if ('result' in round) return getValue(artifacts, round.result, emResult);
      before = round;
    }
  };
}
