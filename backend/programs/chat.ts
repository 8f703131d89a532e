/** The program that lets a chat model answer conversations, one after another. One that it does not answer costs none of the others. */
import type { z } from 'zod';
import { UserError } from '../base/errors';
import { formatCount } from '../base/format';
import { type ChatModel, SilentError } from '../chat/chat-model';
import { LocalChatModel } from '../chat/local';
import { answerOne } from '../engine/ask-child';
import { chatting } from '../engine/exchanges';
import { openEndpoint } from '../chat/open';
import { findModel } from '../model-files/source';
import { LanguageModel } from '../model/language-model';

/** Conversations without an answer, one after another, until the model is not asked any more. */
const mostSilence = 2;
/** Characters of a reply that are taken for one. */
const longestReply = 20_000;

type Question = z.infer<typeof chatting.question>;
type Reply = z.infer<typeof chatting.answer>[number];

answerOne(chatting, async ({ conversations, maxTokens, ...asked }, signal) => {
  const model = await open(asked, signal);
  const replies: Reply[] = [];
  let silence = 0;
  for (const turns of conversations) {
    try {
      if (silence >= mostSilence) throw new SilentError('it had stopped answering');
      const { text } = await model.ask(turns, { maxTokens, signal });
      silence = 0;
      replies.push(
        text.length > longestReply ? { failed: `it wrote ${formatCount(text.length)} characters` } : { text },
      );
    } catch (error) {
      if (!(error instanceof SilentError || error instanceof UserError)) throw error;
      if (error instanceof SilentError) silence++;
      replies.push({ failed: error.message.slice(0, 500) });
    }
  }
  return replies;
});

async function open(
  { model, base, offer, device }: Omit<Question, 'conversations' | 'maxTokens'>,
  signal: AbortSignal,
): Promise<ChatModel> {
  if (model !== 'local') return openEndpoint(model, { called: 'guide', others: [], offer });
  const { folder, name } = await findModel(base, { report: () => undefined, signal });
  return new LocalChatModel(await LanguageModel.open(folder, { name, device }));
}
