/** Questions that judges answer freely, as tasks of some questions each, or by chat models. */
import type { Watch } from '../../base/progress';
import type { Chats } from '../../council/council';
import type { Executor } from '../../engine/executors/local';
import { putStack } from '../../engine/tasks/perform/stack';
import { repliesTask } from '../../engine/tasks/replies';
import type { ExpertStack } from '../../model/experts/stack';
import { isChatty, type Judge, questionsTogether } from './asking';
import type { OpenedModel } from './base-model';
import { ChatJudges, type Written } from './chat-judges';

export class Replying {
  private constructor(
    private readonly executor: Executor,
    private readonly opened: OpenedModel,
    private readonly adapters: string,
    private readonly signal: AbortSignal,
    private readonly beside: ChatJudges,
  ) {}

  static async begin(
    executor: Executor,
    opened: OpenedModel,
    stack: ExpertStack,
    { signal }: Pick<Watch, 'signal'>,
    chats: Chats = new Map(),
  ): Promise<Replying> {
    const beside = new ChatJudges(chats, opened.model, stack, signal);
    return new Replying(executor, opened, await putStack(executor.artifacts, stack), signal, beside);
  }

  /** What the judge writes in answer to each question, in one of the ways to put it: so many tokens at most. */
  async write(judge: Judge, questions: readonly string[], frame: number, maxTokens: number): Promise<Written[]> {
    if (isChatty(judge)) return this.beside.write(judge, questions, frame, maxTokens);
    const adapters = judge.kind === 'base' ? {} : { adapters: this.adapters };
    const watch = { signal: this.signal, report: () => undefined };
    const written: Written[] = [];
    for (let from = 0; from < questions.length; from += questionsTogether) {
      const block = questions.slice(from, from + questionsTogether);
      const input = { model: this.opened.sha256, ...adapters, judge, frame, questions: block, maxTokens };
      const { replies } = await this.executor.execute(repliesTask, input, watch);
      written.push(...replies.map((reply) => ({ ...reply, abstained: 0 })));
    }
    return written;
  }
}
