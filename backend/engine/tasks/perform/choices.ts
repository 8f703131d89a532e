import type { Answerer, LoadedModel } from '../../../answer/answerer';
import { mixtureAnswerer } from '../../../answer/mixture';
import { PromptReader } from '../../../answer/prompt-reader';
import { singleAnswerer } from '../../../answer/single';
import { councilAnswerer, procedureNamed, seatsOf } from '../../../council/council';
import { memberPrompt } from '../../../council/procedure';
import { procedures } from '../../../council/procedures';
import { putQuestion } from '../../../council/put-question';
import type { weightings } from '../../../mixing/weightings';
import { equalWeights } from '../../../mixing/weightings/uniform/uniform';
import type { ExpertStack } from '../../../model/experts/stack';
import type { LanguageModel } from '../../../model/language-model';
import type { Prompt } from '../../../protocol/answers';
import type { ChoicesInput, ChoicesOutput } from '../choices';
import type { Perform, TaskContext } from '../perform';
import { getStack } from './stack';
import { getWeighting } from './weighting';

/** Judges choices, experts of a mixture weighed by one of these weightings. */
export function choosingBy(entries: typeof weightings): Perform<ChoicesInput, ChoicesOutput> {
  return (input, context) => performChoices(entries, input, context);
}

async function performChoices(
  entries: typeof weightings,
  { model: sha256, adapters, judge, frame, questions }: ChoicesInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<ChoicesOutput> {
  const model = await openModel(sha256);
  const stack = adapters === undefined ? undefined : await getStack(artifacts, adapters, model.config);
  const weighed = judge.kind === 'mixture' ? judge.weighting : undefined;
  const experts = { k: stack?.count ?? 1, hiddenSize: model.config.hiddenSize };
  const weighting =
    weighed === undefined ? equalWeights(experts.k) : await getWeighting(artifacts, weighed, experts, entries);
  const answerer = answererOf(judge, model, stack, weighting);
  const told = (prompt: Prompt): Prompt =>
    'role' in judge ? memberPrompt(judge.role, judge.instruction, prompt) : prompt;
  // What is told before each question is read with the first of them.
  const reader = new PromptReader(model);
  const judged: ChoicesOutput['questions'] = [];
  try {
    for (const [done, question] of questions.entries()) {
      watch.signal.throwIfAborted();
      const { prompt: after, texts, tokens, cut } = putQuestion(model, question, { told, frame });
      const passages = texts.map((text) => ({ text, after }));
      const before = model.counted.scored;
      const nats = await answerer.score(passages, { signal: watch.signal, reader });
      const sums = Float64Array.from(nats, (own) => own.reduce((sum, n) => sum + n, 0));
      judged.push({ nats: sums, tokens, cut, read: model.counted.scored - before });
      watch.report({ stage: 'Asking', done: done + 1, total: questions.length, unit: 'questions' });
      // The runtime blocks the event loop during a step.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    reader.dispose();
  }
  return { questions: judged };
}

function answererOf(
  judge: ChoicesInput['judge'],
  model: LanguageModel,
  stack: ExpertStack | undefined,
  weighting: Parameters<typeof mixtureAnswerer>[1],
): Answerer {
  const names = Array.from({ length: stack?.count ?? 0 }, (_, i) => String(i));
  const loaded: LoadedModel = { model, stack, experts: names };
  if (judge.kind === 'base' || stack === undefined)
    return singleAnswerer({ model, stack: undefined, experts: ['base'] });
  if (judge.kind === 'expert')
    return singleAnswerer({ model, stack: stack.part(judge.index, 1), experts: [names[judge.index]] });
  if (judge.kind === 'mixture') return mixtureAnswerer(loaded, weighting);
  return councilAnswerer(model, seatsOf(loaded, judge), procedureNamed(judge.procedure, procedures));
}
