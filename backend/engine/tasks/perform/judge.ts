import type { Answerer, LoadedModel } from '../../../answer/answerer';
import { mixtureAnswerer } from '../../../answer/mixture';
import { singleAnswerer } from '../../../answer/single';
import { councilAnswerer, procedureNamed, seatsOf } from '../../../council/council';
import { memberPrompt } from '../../../council/procedure';
import { procedures } from '../../../council/procedures';
import type { weightings } from '../../../mixing/weightings';
import { equalWeights } from '../../../mixing/weightings/uniform/uniform';
import type { LanguageModel } from '../../../model/language-model';
import type { Prompt } from '../../../protocol/answers';
import type { TaskJudge } from '../judge';
import type { TaskContext } from '../perform';
import { getStack } from './stack';
import { getWeighting } from './weighting';

interface OpenedJudge {
  readonly answerer: Answerer;
  /** A prompt as the judge reads it, after what it alone is told. */
  readonly told: (prompt: Prompt) => Prompt;
}

interface Around extends Pick<TaskContext, 'artifacts'> {
  readonly model: LanguageModel;
  readonly adapters: string | undefined;
}

/** A judge on an open model, experts of a mixture weighed by one of these weightings. */
export async function openJudge(
  judge: TaskJudge,
  { model, adapters, artifacts }: Around,
  entries: typeof weightings,
): Promise<OpenedJudge> {
  const stack = adapters === undefined ? undefined : await getStack(artifacts, adapters, model.config);
  const experts = Array.from({ length: stack?.count ?? 0 }, (_, i) => String(i));
  const told = (prompt: Prompt): Prompt =>
    'role' in judge ? memberPrompt(judge.role, judge.instruction, prompt) : prompt;
  return { answerer: await answererOf(judge, { model, stack, experts }, artifacts, entries), told };
}

async function answererOf(
  judge: TaskJudge,
  loaded: LoadedModel,
  artifacts: Around['artifacts'],
  entries: typeof weightings,
): Promise<Answerer> {
  const { model, stack, experts } = loaded;
  if (judge.kind === 'base' || stack === undefined)
    return singleAnswerer({ model, stack: undefined, experts: ['base'] });
  switch (judge.kind) {
    case 'expert':
      return singleAnswerer({ model, stack: stack.part(judge.index, 1), experts: [experts[judge.index]] });
    case 'mixture': {
      const { weighting: kept } = judge;
      const shape = { k: stack.count, hiddenSize: model.config.hiddenSize };
      const weighting =
        kept === undefined ? equalWeights(shape.k) : await getWeighting(artifacts, kept, shape, entries);
      return mixtureAnswerer(loaded, weighting);
    }
    case 'council':
      return councilAnswerer(model, seatsOf(loaded, judge), procedureNamed(judge.procedure, procedures));
  }
}
