/** The mixture, its experts and councils as language models of the editor, where it takes such. */
import * as vscode from 'vscode';
import type { BackendClient } from '../backend/client';
import { signalOf } from '../cancellation';
import { Disposables, type Disposable } from '../disposables';
import { setting } from '../settings';
import { sampling } from './answer';
import { messagesOf, textOf } from './conversation';
import { answererTitle } from './models';

/** As in package.json. */
export const vendor = 'polymath';
/** Tokens that the editor may send. What is more than a model reads, its backend leaves out: the oldest turns first. */
const maxInputTokens = 8192;
const charactersPerToken = 4;

/** Undefined where the editor takes no models. */
export function registerModelProvider(client: BackendClient): Disposable | undefined {
  const { lm } = vscode as Partial<typeof vscode>;
  if (lm === undefined || !('registerLanguageModelChatProvider' in lm)) return undefined;
  const parts = new Disposables();
  const provider = parts.add(new ModelProvider(client));
  parts.add(lm.registerLanguageModelChatProvider(vendor, provider));
  return parts;
}

class ModelProvider implements vscode.LanguageModelChatProvider, Disposable {
  private readonly change = new vscode.EventEmitter<void>();
  readonly onDidChangeLanguageModelChatInformation = this.change.event;
  private readonly subscriptions: readonly Disposable[];

  constructor(private readonly client: BackendClient) {
    this.subscriptions = [
      this.change,
      client.onResync(() => this.change.fire()),
      client.onEvent((event) => {
        if (event.type === 'changed' && ['experts', 'mixers', 'councils'].includes(event.what)) this.change.fire();
      }),
    ];
  }

  /** None before the backend runs: that the editor lists models is no reason to start it. */
  async provideLanguageModelChatInformation(): Promise<vscode.LanguageModelChatInformation[]> {
    if (this.client.state.kind !== 'ready') return [];
    const models = await this.client.call('models/list', {});
    return models
      .filter(({ id }) => id !== 'base' && !id.includes('@'))
      .map(({ id, description, created }) => ({
        id,
        name: `Polymath: ${answererTitle(id).replace(/^the /, '')}`,
        tooltip: description,
        family: vendor,
        version: created,
        maxInputTokens,
        maxOutputTokens: setting('ask.maxTokens'),
        capabilities: {},
      }));
  }

  async provideLanguageModelChatResponse(
    { id: model }: vscode.LanguageModelChatInformation,
    messages: readonly vscode.LanguageModelChatRequestMessage[],
    _options: vscode.ProvideLanguageModelChatResponseOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const question = { model, prompt: messagesOf(messages), shorten: true, ...sampling() };
    await this.client.call('ask', question, {
      signal: signalOf(token),
      onToken: ({ text }) => progress.report(new vscode.LanguageModelTextPart(text)),
    });
  }

  /** An estimate: text has about four characters to a token, and asking the backend for each would take longer than it is worth. */
  provideTokenCount(
    _model: vscode.LanguageModelChatInformation,
    text: string | vscode.LanguageModelChatRequestMessage,
  ): Promise<number> {
    const { length } = typeof text === 'string' ? text : textOf(text.content);
    return Promise.resolve(Math.ceil(length / charactersPerToken));
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
