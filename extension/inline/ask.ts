/** Questions that are answered where the cursor is. */
import * as vscode from 'vscode';
import type { BackendClient } from '../backend/client';
import { UserError } from '../../backend/base/errors';
import { Disposables, type Disposable } from '../disposables';
import { InlineAnswer, type InlineQuestion } from './answer';
import { AnswerDecorations } from './decorations';
import type { TextPlace } from './growing-text';
import type { AskHistory } from './history';
import { AnswerLenses } from './lenses';
import { modelNamed, answererTitle, voicesOf } from './models';
import { hoverOf } from './weights';

/** Characters before the cursor that are read at most; of those the model reads what it has room for. */
const longestPrompt = 20_000;

/** All answers that wait to be accepted: at most one in each document. */
export class Answers implements Disposable {
  private readonly open = new Set<InlineAnswer>();
  private readonly change = new vscode.EventEmitter<void>();
  /** An answer came, changed or went. */
  readonly onDidChange = this.change.event;
  private readonly parts = new Disposables();
  private shown = false;

  constructor(
    private readonly client: BackendClient,
    private readonly history: AskHistory,
  ) {
    this.parts.add(this.change);
    this.parts.add(vscode.window.onDidChangeActiveTextEditor(() => this.setContext()));
    this.parts.add(this.onDidChange(() => this.setContext()));
  }

  get all(): readonly InlineAnswer[] {
    return [...this.open];
  }

  in(document: vscode.TextDocument | undefined): InlineAnswer | undefined {
    return this.all.find((answer) => answer.document === document);
  }

  /** That of the document in the active editor, or of the one that is named. Throws UserError where there is none. */
  current(uri?: unknown): InlineAnswer {
    const document = vscode.window.activeTextEditor?.document;
    const named = this.all.find((answer) => answer.document.uri.toString() === uri);
    const answer = named ?? this.in(document);
    if (answer === undefined) throw new UserError('There is no answer in this document that waits.', 'Ask first.');
    return answer;
  }

  /**
   * Asks for the selection, whose answer goes below it, or for the text before the cursor, which is gone on with. Resolves with the
   * answer when it is there. Throws UserError and MissingStep where nobody or nothing can be asked.
   */
  async ask(model: string): Promise<InlineAnswer> {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined)
      throw new UserError('No editor is open.', 'Open a file, and write something to ask about.');
    const { document, selection } = editor;
    const last = selection.end.character === 0 && !selection.isEmpty ? selection.end.line - 1 : selection.end.line;
    const offset = document.offsetAt(selection.isEmpty ? selection.active : document.lineAt(last).range.end);
    const prompt = selection.isEmpty ? textBefore(document, offset) : document.getText(selection);
    if (prompt.trim() === '') {
      throw new UserError('There is nothing to ask about.', 'Write something before the cursor, or select a question.');
    }
    const question = await this.question(model, { prompt, below: !selection.isEmpty, seed: 1 });
    // What stays selected would hide the answer's colours, and the next key would replace it.
    if (editor.selection.isEqual(selection)) {
      const end = document.positionAt(offset);
      editor.selection = new vscode.Selection(end, end);
    }
    return this.answer(question, { document, offset });
  }

  /** Asks a question of the history again, in a document of its own. */
  async askAgain(model: string, prompt: string, elsewhere: () => Promise<TextPlace>): Promise<InlineAnswer> {
    const question = await this.question(model, { prompt, below: true, seed: 1 });
    return this.answer(question, await elsewhere());
  }

  accept(answer: InlineAnswer): void {
    answer.stop();
    this.forget(answer);
  }

  async reject(answer: InlineAnswer): Promise<TextPlace> {
    const place = await answer.takeBack();
    this.forget(answer);
    return place;
  }

  /** The same question with other random numbers, in the same place. */
  async retry(answer: InlineAnswer): Promise<InlineAnswer> {
    const place = await this.reject(answer);
    return this.answer({ ...answer.question, seed: answer.question.seed + 1 }, place);
  }

  dispose(): void {
    for (const answer of this.open) answer.dispose();
    this.parts.dispose();
  }

  private async question(
    name: string,
    rest: Pick<InlineQuestion, 'prompt' | 'below' | 'seed'>,
  ): Promise<InlineQuestion> {
    const model = await modelNamed(this.client, name);
    return { model, voices: await voicesOf(this.client, model), ...rest };
  }

  private async answer(question: InlineQuestion, place: TextPlace): Promise<InlineAnswer> {
    const former = this.in(place.document);
    if (former?.state === 'asking') {
      throw new UserError('An answer is being written in this document.', 'Press Escape to stop it first.');
    }
    if (former !== undefined) this.accept(former);
    this.show();
    const answer = new InlineAnswer(question, place);
    this.open.add(answer);
    answer.onDidChange(() => this.change.fire());
    answer.text.onDidLose(() => this.forget(answer));
    this.change.fire();
    try {
      const title = `Asking ${answererTitle(question.model.id)}`;
      const location = vscode.ProgressLocation.Window;
      await vscode.window.withProgress({ location, title }, () => answer.ask(this.client));
    } finally {
      await this.history.add(answer);
      if (answer.told.length === 0) this.forget(answer);
    }
    return answer;
  }

  /** What shows answers waits for the first of them. */
  private show(): void {
    if (this.shown) return;
    this.shown = true;
    const lenses = new AnswerLenses(this);
    this.parts.add(new AnswerDecorations(this));
    this.parts.add(vscode.languages.registerCodeLensProvider({ pattern: '**' }, lenses));
    this.parts.add(
      vscode.languages.registerHoverProvider(
        { pattern: '**' },
        { provideHover: (document, position) => hoverOf(this.in(document), position) },
      ),
    );
  }

  private forget(answer: InlineAnswer): void {
    if (!this.open.delete(answer)) return;
    answer.dispose();
    this.change.fire();
  }

  private setContext(): void {
    const state = this.in(vscode.window.activeTextEditor?.document)?.state;
    void vscode.commands.executeCommand('setContext', 'polymath.asking', state === 'asking');
    void vscode.commands.executeCommand('setContext', 'polymath.answered', state === 'answered');
  }
}

/** The end of the text before an offset, from the beginning of a line where there is more. */
export function textBefore(document: vscode.TextDocument, offset: number, longest = longestPrompt): string {
  const range = new vscode.Range(document.positionAt(Math.max(0, offset - longest)), document.positionAt(offset));
  const text = document.getText(range).replaceAll('\r', '');
  const line = offset > longest ? text.indexOf('\n') + 1 : 0;
  return text.slice(line);
}
