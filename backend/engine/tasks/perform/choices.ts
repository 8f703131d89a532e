import { PromptReader } from '../../../answer/prompt-reader';
import { putQuestion } from '../../../council/put-question';
import type { weightings } from '../../../mixing/weightings';
import type { ChoicesInput, ChoicesOutput } from '../choices';
import type { Perform, TaskContext } from '../perform';
import { openJudge } from './judge';

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
  const { answerer, told } = await openJudge(judge, { model, adapters, artifacts }, entries);
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
