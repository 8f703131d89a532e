/** `@polymath` in the editor's chat, where it has one. */
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import type { AnsweringModel, AnswerToken } from '../../backend/protocol/answers';
import type { BackendClient } from '../backend/client';
import { signalOf } from '../cancellation';
import type { Disposable } from '../disposables';
import { MissingStep } from '../errors/missing';
import type { Polymath } from '../polymath';
import { sampling } from './answer';
import { turnsOf } from './conversation';
import type { MixtureAsked } from './mixture-asked';
import { modelNamed, sharesText, voicesOf } from './models';

/** Undefined where the editor has no chat. */
export function registerChatParticipant(client: BackendClient, mixture: MixtureAsked): Disposable | undefined {
  const { chat } = vscode as Partial<typeof vscode>;
  if (chat === undefined || !('createChatParticipant' in chat)) return undefined;
  const participant = chat.createChatParticipant('polymath.chat', (request, context, stream, token) =>
    answerChat({ client, mixture }, request, context, stream, token),
  );
  participant.iconPath = new vscode.ThemeIcon('sparkle');
  return participant;
}

type Asking = Pick<Polymath, 'client' | 'mixture'>;
type Stream = Pick<vscode.ChatResponseStream, 'markdown' | 'button'>;

/** Answers as the mixture, or as whom the command names; mistakes are told in the chat, with the steps that mend them. */
export async function answerChat(
  { client, mixture }: Asking,
  request: Pick<vscode.ChatRequest, 'prompt' | 'command'>,
  context: Pick<vscode.ChatContext, 'history'>,
  stream: Stream,
  token: vscode.CancellationToken,
): Promise<vscode.ChatResult> {
  const signal = signalOf(token);
  try {
    const { id, content } = await addressee({ client, mixture }, request);
    const model = await modelNamed(client, id);
    const voices = await voicesOf(client, model);
    const prompt = [...turnsOf(context), { role: 'user' as const, content }];
    const onToken = ({ text }: AnswerToken): void => stream.markdown(text);
    const question = { model: id, prompt, shorten: true, ...sampling() };
    const { text, tokens } = await client.call('ask', question, { signal, onToken });
    const shares = sharesText(voices, tokens);
    if (shares !== '') stream.markdown(new vscode.MarkdownString('\n\n---\n').appendText(shares));
    return { metadata: { answer: text } };
  } catch (error) {
    if (signal.aborted) return {};
    if (!(error instanceof UserError)) throw error;
    stream.markdown(new vscode.MarkdownString().appendText(`${error.message} ${error.next}`));
    for (const { title, command, arguments: given } of error instanceof MissingStep ? error.steps : []) {
      stream.button({ title, command, ...(given && { arguments: [...given] }) });
    }
    return { errorDetails: { message: error.message } };
  }
}

/** After `/expert` comes the letter of one, after `/council` the name of one; then the question. */
async function addressee(
  { client, mixture }: Asking,
  { prompt, command }: Pick<vscode.ChatRequest, 'prompt' | 'command'>,
): Promise<{ id: string; content: string }> {
  if (command !== 'expert' && command !== 'council') return { id: await mixture.name(), content: prompt };
  const models = await client.call('models/list', {});
  const prefix = command === 'expert' ? 'expert-' : 'council:';
  const named = models.filter(({ id }) => id.startsWith(prefix));
  const found = [...named].sort(longestFirst).find(({ id }) => {
    const name = id.slice(prefix.length);
    return prompt.toLowerCase().startsWith(name.toLowerCase()) && /^(\s|:|$)/.test(prompt.slice(name.length));
  });
  if (found !== undefined) {
    return { id: found.id, content: prompt.slice(found.id.length - prefix.length).replace(/^[\s:]+/, '') };
  }
  // Without any expert, the mixture's own complaint says what to do.
  if (command === 'expert' && named.length === 0) return { id: 'mixture', content: prompt };
  if (named.length === 0)
    throw new UserError(
      'There is no council in this project yet.',
      'Make one with Draft Roles… on the row of experts.',
    );
  const names = named.map(({ id, description }) => `${id.slice(prefix.length)} (${description})`);
  throw new UserError(`The question names no ${command}.`, `Begin it with one of these: ${names.join(', ')}.`);
}

const longestFirst = (a: AnsweringModel, b: AnsweringModel): number => b.id.length - a.id.length;
