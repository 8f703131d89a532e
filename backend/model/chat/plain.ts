import type { ChatMessage } from '../../protocol/answers';
import type { Turn } from '../../protocol/records';

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
  return [...messages.map(renderTurn), plainAnswer].join('\n\n');
}

/** A whole conversation in the same form: what a dataset keeps as its text. Further roles are called by their names, `Tool: …`. */
export function renderTurns(turns: readonly Turn[]): string {
  return turns.map(renderTurn).join('\n\n');
}

function renderTurn({ role, content }: Turn): string {
  if (role === 'system' || role === 'developer') return content;
  return `${role.charAt(0).toUpperCase()}${role.slice(1)}: ${content}`;
}

/** The text with which an answer begins. */
export const plainAnswer = 'Assistant:';
/** The text with which a turn of the user begins. */
export const plainStop = '\nUser:';
