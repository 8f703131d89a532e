import type { ChatMessage } from '../../protocol/messages';

/**
 * A conversation as plain text that a base model goes on with: what system and developer say comes first as it is, then a
 * paragraph per turn, then the beginning of the answer:
 *
 *     You are brief.
 *
 *     User: What is a keel?
 *
 *     Assistant:
 *
 * For models without a chat template. They would go on with both sides of the conversation: `plainStop` is where to stop.
 */
export function renderPlain(messages: readonly ChatMessage[]): string {
  const turns = messages.map(({ role, content }) => {
    if (role === 'user') return `User: ${content}`;
    return role === 'assistant' ? `Assistant: ${content}` : content;
  });
  return [...turns, 'Assistant:'].join('\n\n');
}

/** The text with which a turn of the user begins. */
export const plainStop = '\nUser:';
