import { putOpenly } from '../../../council/put-question';
import type { weightings } from '../../../mixing/weightings';
import type { Perform, TaskContext } from '../perform';
import type { RepliesInput, RepliesOutput } from '../replies';
import { openJudge } from './judge';

/** Writes answers, experts of a mixture weighed by one of these weightings. */
export function replyingBy(entries: typeof weightings): Perform<RepliesInput, RepliesOutput> {
  return (input, context) => performReplies(entries, input, context);
}

async function performReplies(
  entries: typeof weightings,
  { model: sha256, adapters, judge, frame, questions, maxTokens }: RepliesInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<RepliesOutput> {
  const model = await openModel(sha256);
  const { answerer, told } = await openJudge(judge, { model, adapters, artifacts }, entries);
  const replies: RepliesOutput['replies'] = [];
  for (const [done, question] of questions.entries()) {
    watch.signal.throwIfAborted();
    const { prompt, cut, settings } = putOpenly(model, question, maxTokens, { told, frame });
    const before = model.counted.scored;
    const { text } = await answerer.answer(prompt, settings, { signal: watch.signal, onToken: () => undefined });
    replies.push({ text, cut, read: model.counted.scored - before });
    watch.report({ stage: 'Asking', done: done + 1, total: questions.length, unit: 'questions' });
  }
  return { replies };
}
