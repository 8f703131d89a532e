import * as vscode from 'vscode';
import type { InlineAnswer } from './answer';
import type { Answers } from './ask';
import { sharesText, answererTitle } from './models';

/** The line above an answer: what can be done with it, and what each letter stands for. */
export class AnswerLenses implements vscode.CodeLensProvider {
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(private readonly answers: Answers) {
    this.onDidChangeCodeLenses = answers.onDidChange;
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const answer = this.answers.in(document);
    if (answer === undefined) return [];
    const range = answer.text.rangeOf({ start: firstOffset(answer), end: firstOffset(answer) });
    return commandsOf(answer).map((command) => new vscode.CodeLens(range, command));
  }
}

/** Where its first word stands: a line break before it belongs to it, too. */
function firstOffset({ told, text }: InlineAnswer): number {
  return told.at(0)?.start ?? text.end;
}

function commandsOf(answer: InlineAnswer): vscode.Command[] {
  const uri = answer.document.uri.toString();
  const button = (title: string, command: string): vscode.Command => ({ title, command, arguments: [uri] });
  const legend = { title: legendOf(answer), command: '' };
  if (answer.state === 'asking') {
    return [button('$(loading~spin) Stop (Escape)', 'polymath.ask.stop'), legend];
  }
  return [
    button('$(check) Accept', 'polymath.ask.accept'),
    button('$(discard) Reject', 'polymath.ask.reject'),
    button('$(refresh) Retry', 'polymath.ask.retry'),
    legend,
  ];
}

/** "the mixture: A Law 62 % · B Sport 38 %". */
export function legendOf({ question: { model, voices }, told }: InlineAnswer): string {
  const shares = sharesText(
    voices,
    told.map(({ value }) => value),
  );
  return shares === '' ? answererTitle(model.id) : `${answererTitle(model.id)}: ${shares}`;
}
