/** The program that lets a chat model answer conversations, one after another. One that it does not answer costs none of the others. */
import type { z } from 'zod';
import { UserError } from '../base/errors';
import { formatCount } from '../base/format';
import { type ChatModel, type ChatOptions, type ChatTurn, SilentError } from '../chat/chat-model';
import { LocalChatModel } from '../chat/local';
import { answerOne } from '../engine/ask-child';
import { chatting } from '../engine/exchanges';
import { openEndpoint } from '../kinds/shared/chat-model';
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
    const given = silence < mostSilence;
    const reply = given ? await replyOf(model, turns, { maxTokens, signal }) : { failed: 'it had stopped answering' };
    silence = 'failed' in reply ? silence + 1 : 0;
    replies.push(reply);
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

async function replyOf(model: ChatModel, turns: readonly ChatTurn[], options: ChatOptions): Promise<Reply> {
  try {
    const { text } = await model.ask(turns, options);
    return text.length > longestReply ? { failed: `it wrote ${formatCount(text.length)} characters` } : { text };
  } catch (error) {
    if (error instanceof SilentError || error instanceof UserError) return { failed: error.message.slice(0, 500) };
    throw error;
  }
}
