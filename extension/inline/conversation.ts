/** Conversations of the editor's chat, put to a model of the project. */
import * as vscode from 'vscode';
import type { ChatMessage } from '../../backend/protocol/answers';

/** What was said before in a chat with the participant; answers without what was told about them. */
export function turnsOf({ history }: Pick<vscode.ChatContext, 'history'>): ChatMessage[] {
  return history.flatMap((turn): ChatMessage[] => {
    if (turn instanceof vscode.ChatRequestTurn) return [{ role: 'user', content: turn.prompt }];
    const answer: unknown = turn.result.metadata?.answer;
    return typeof answer === 'string' ? [{ role: 'assistant', content: answer }] : [];
  });
}

/** Messages of a language model request, their texts only. */
export function messagesOf(messages: readonly vscode.LanguageModelChatRequestMessage[]): ChatMessage[] {
  return messages.map(({ role, content }) => ({
    role: role === vscode.LanguageModelChatMessageRole.Assistant ? 'assistant' : 'user',
    content: textOf(content),
  }));
}

export function textOf(content: readonly unknown[]): string {
  return content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
}
