import * as vscode from 'vscode';
import { lookOf } from '../../backend/base/look';
import type { Disposable } from '../disposables';
import { Throttle } from '../throttle';
import { letterColor } from '../views/pile-items';
import type { InlineAnswer } from './answer';
import type { Answers } from './ask';
import { runsOf } from './weights';

/** Underlines what each expert has the most to say in with its color, and puts its letter above its beginning. */
export class AnswerDecorations implements Disposable {
  private readonly waiting = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor('diffEditor.insertedTextBackground'),
  });
  /** By number of the expert; undefined is the base model. */
  private readonly experts = new Map<number | undefined, vscode.TextEditorDecorationType>();
  private readonly subscriptions: readonly Disposable[];

  constructor(private readonly answers: Answers) {
    const redraw = new Throttle(() => this.redraw(), 100);
    this.subscriptions = [
      this.waiting,
      redraw,
      answers.onDidChange(() => redraw.request()),
      vscode.window.onDidChangeVisibleTextEditors(() => redraw.request()),
    ];
  }

  dispose(): void {
    for (const part of [...this.subscriptions, ...this.experts.values()]) part.dispose();
  }

  private redraw(): void {
    for (const editor of vscode.window.visibleTextEditors) this.draw(editor, this.answers.in(editor.document));
  }

  private draw(editor: vscode.TextEditor, answer: InlineAnswer | undefined): void {
    const drawn = new Map<number | undefined, vscode.DecorationOptions[]>();
    for (const { start, end, leader } of answer === undefined ? [] : runsOf(answer.told, answer.question.voices)) {
      if (answer === undefined || leader === undefined) continue;
      const text = editor.document.getText(answer.text.rangeOf({ start, end }));
      const blank = text.length - text.trimStart().length;
      if (blank === text.length) continue;
      const options = drawn.get(leader.index) ?? [];
      options.push(run(answer.text.rangeOf({ start: start + blank, end }), leader.letter, leader.index));
      drawn.set(leader.index, options);
    }
    editor.setDecorations(this.waiting, answer === undefined ? [] : [answer.text.range]);
    for (const index of drawn.keys()) this.typeOf(index);
    for (const [index, type] of this.experts) editor.setDecorations(type, drawn.get(index) ?? []);
  }

  private typeOf(index: number | undefined): vscode.TextEditorDecorationType {
    const { style, width } = lookOf(index ?? 0).line;
    const type =
      this.experts.get(index) ??
      vscode.window.createTextEditorDecorationType({
        borderWidth: `0 0 ${width}px 0`,
        borderStyle: style,
        borderColor: colorOf(index),
        rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
      });
    this.experts.set(index, type);
    return type;
  }
}

const colorOf = (index: number | undefined): vscode.ThemeColor =>
  index === undefined ? new vscode.ThemeColor('descriptionForeground') : letterColor(index);

/** Above the line and without a width, as the editor does not count what stands before a text when it wraps it. */
const raised = 'none; position: absolute; top: 0; font-size: 0.6em; line-height: 1';

function run(range: vscode.Range, letter: string, index: number | undefined): vscode.DecorationOptions {
  const before = { contentText: letter, color: colorOf(index), fontWeight: 'bold', textDecoration: raised };
  return { range, renderOptions: { before } };
}
