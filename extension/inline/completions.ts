import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { BackendClient } from '../backend/client';
import { signalOf } from '../cancellation';
import type { Disposable } from '../disposables';
import { setting } from '../settings';
import { sampling } from './answer';
import { type Answers, textBefore } from './ask';
import type { MixtureAsked } from './mixture-asked';
import { modelNamed } from './models';

/** Characters before the cursor that a completion goes by. */
const longestPrompt = 2000;
const mostTokens = 32;
/** Milliseconds without typing before anything is asked. */
const pause = 300;

/** How the text goes on by the mixture: as one types where the setting says so, else only when it is asked for. */
export class Completions implements vscode.InlineCompletionItemProvider, Disposable {
  /** The editor is not asked to complete anything before somebody wants it. */
  private registration: Disposable | undefined;
  /** The next question of the editor is one that the user asked for. */
  private wanted = false;
  private current: { readonly controller: AbortController; readonly done: Promise<unknown> } | undefined;
  private readonly listener: Disposable;

  constructor(
    private readonly client: BackendClient,
    private readonly answers: Answers,
    private readonly mixture: MixtureAsked,
  ) {
    const follow = (): void => (setting('completions.enabled') ? this.register() : undefined);
    follow();
    this.listener = vscode.workspace.onDidChangeConfiguration(follow);
  }

  /** Completes at the cursor now. Throws MissingStep where there are no experts yet. */
  async trigger(): Promise<void> {
    await modelNamed(this.client, 'mixture');
    this.register();
    this.wanted = true;
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    _context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    const { wanted } = this;
    this.wanted = false;
    if (!wanted && !(await this.mayComplete(document))) return [];
    const prompt = textBefore(document, document.offsetAt(position), longestPrompt);
    if (prompt.trim() === '') return [];
    if (!wanted) await sleep(pause);
    if (token.isCancellationRequested) return [];
    const text = await this.complete(prompt, signalOf(token));
    return text === '' ? [] : [new vscode.InlineCompletionItem(text, new vscode.Range(position, position))];
  }

  dispose(): void {
    this.listener.dispose();
    this.registration?.dispose();
    this.current?.controller.abort();
  }

  private register(): void {
    this.registration ??= vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, this);
  }

  private async mayComplete(document: vscode.TextDocument): Promise<boolean> {
    if (!setting('completions.enabled') || this.answers.in(document)?.state === 'asking') return false;
    return this.client.mayLook();
  }

  /** Takes back the question before, and waits until it is. Empty where this one is taken back, or nobody can answer it. */
  private async complete(prompt: string, signal: AbortSignal): Promise<string> {
    const controller = new AbortController();
    signal.addEventListener('abort', () => controller.abort());
    const former = this.current;
    former?.controller.abort();
    const done = this.ask(prompt, controller.signal, former?.done);
    this.current = { controller, done };
    return done;
  }

  private async ask(prompt: string, signal: AbortSignal, former: Promise<unknown> | undefined): Promise<string> {
    await former;
    if (signal.aborted) return '';
    // Nobody wants to read of errors while typing; whoever asks for a completion was told before what is missing.
    try {
      const model = await this.mixture.name();
      const question = { model, prompt, shorten: true, ...sampling(), maxTokens: mostTokens };
      return firstParagraph((await this.client.call('ask', question, { signal })).text);
    } catch {
      return '';
    }
  }
}

/** A stop text would end what begins with a new paragraph before its first word. */
function firstParagraph(text: string): string {
  return (/^\s*(?:(?!\n\s*\n)[^])*/.exec(text)?.[0] ?? '').trimEnd();
}
