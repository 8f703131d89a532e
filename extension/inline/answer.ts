import * as vscode from 'vscode';
import type { BackendClient } from '../backend/client';
import type { Values } from '../../backend/base/settings';
import type { AnsweringModel, AnswerToken, Prompt } from '../../backend/protocol/answers';
import type { answerSettings } from '../../backend/protocol/settings';
import { Disposables, type Disposable } from '../disposables';
import { setting } from '../settings';
import { InsertedText, type Piece, type TextPlace } from './growing-text';
import type { Voice } from './models';

export interface InlineQuestion {
  readonly model: AnsweringModel;
  readonly voices: readonly Voice[];
  readonly prompt: string;
  readonly seed: number;
  /** Whether the answer stands on a line of its own below the prompt, or goes on where that ends. */
  readonly below: boolean;
}

/** Most probable alternatives of each token that an answer is asked for. */
const alternatives = 5;

export interface Told extends Piece<AnswerToken | undefined> {
  readonly value: AnswerToken;
}

/** An answer that streams into a document, and waits there until somebody accepts or rejects it. */
export class InlineAnswer implements Disposable {
  state: 'asking' | 'answered' = 'asking';
  readonly text: InsertedText<AnswerToken | undefined>;
  private readonly change = new vscode.EventEmitter<void>();
  /** It became longer, moved, or changed its state. */
  readonly onDidChange = this.change.event;
  private readonly cancelling = new AbortController();
  private readonly parts = new Disposables();
  private finished: Promise<void> = Promise.resolve();

  constructor(
    readonly question: InlineQuestion,
    place: TextPlace,
  ) {
    this.text = this.parts.add(new InsertedText<AnswerToken | undefined>(place, () => newDocument(question, place)));
    this.parts.add(this.change);
    this.parts.add(this.text.onDidChange(() => this.change.fire()));
    this.parts.add(this.text.onDidLose(() => this.stop()));
  }

  get document(): vscode.TextDocument {
    return this.text.document;
  }

  /** The tokens that stand in the document. */
  get told(): Told[] {
    return this.text.pieces.filter((piece): piece is Told => piece.value !== undefined && piece.end > piece.start);
  }

  /**
   * Resolves when it stands in the document, whole or as far as it came before it was stopped. Rejects where the model fails;
   * what was written before that stays.
   */
  ask(client: BackendClient): Promise<void> {
    const asked = this.stream(client).finally(() => {
      this.state = 'answered';
      this.change.fire();
    });
    this.finished = asked.catch(() => undefined);
    return asked;
  }

  /** No more tokens; those that came stay. */
  stop(): void {
    this.cancelling.abort();
  }

  /** Stops it and takes it out of the document. Gives the place where it began. */
  async takeBack(): Promise<TextPlace> {
    this.stop();
    await this.finished;
    const { document, start: offset } = this.text;
    await this.text.remove();
    return { document, offset };
  }

  dispose(): void {
    this.stop();
    this.parts.dispose();
  }

  private async stream(client: BackendClient): Promise<void> {
    const { model, prompt, seed, below } = this.question;
    const { signal } = this.cancelling;
    // On a line of its own it begins with its first word.
    let begun = !below;
    const onToken = (token: AnswerToken): void => {
      if (signal.aborted) return;
      const text = begun ? token.text : token.text.trimStart();
      if (!begun && text !== '') this.text.append('\n', undefined);
      begun ||= text !== '';
      if (text !== '') this.text.append(text, token);
    };
    try {
      await client.call(
        'ask',
        { model: model.id, prompt, shorten: true, seed, alternatives, ...sampling() },
        { signal, onToken },
      );
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await this.text.settled();
    }
  }
}

/** What the settings say of answers. */
export function sampling(): Omit<Values<typeof answerSettings>, 'seed'> {
  return {
    maxTokens: setting('ask.maxTokens'),
    temperature: setting('ask.temperature'),
    topP: setting('ask.topP'),
    topK: setting('ask.topK'),
    minP: setting('ask.minP'),
    presencePenalty: setting('ask.presencePenalty'),
    frequencyPenalty: setting('ask.frequencyPenalty'),
    repetitionPenalty: setting('ask.repetitionPenalty'),
    sampling: setting('ask.sampling'),
    skip: setting('ask.skip'),
  };
}

/** The prompt in a document of its own, for an answer that cannot stand below the original. */
export async function newDocument(
  { prompt }: { readonly prompt: Prompt },
  { document: { languageId } }: { readonly document: Pick<vscode.TextDocument, 'languageId'> },
): Promise<TextPlace> {
  const content = typeof prompt === 'string' ? prompt : '';
  const document = await vscode.workspace.openTextDocument({ content, language: languageId });
  await vscode.window.showTextDocument(document, { preview: false });
  return { document, offset: document.getText().length };
}
