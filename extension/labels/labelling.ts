import * as vscode from 'vscode';
import { expertLetter } from '../../backend/base/letter';
import type { Disposable } from '../disposables';
import type { Piled, Places } from '../documents/places';
import { isPiled } from '../documents/places';
import { addressOf } from '../documents/uri';
import { formatCount } from '../format';

const contextKey = 'polymath.labelling';

/** The mode in which keys label the document that has the focus, one pile after its order: entered and left by the user alone. */
export class Labelling implements Disposable {
  private readonly item = vscode.window.createStatusBarItem('polymath.labelling', vscode.StatusBarAlignment.Left, 90);
  /** The pile that is gone through: its order stays while documents are moved out of it. */
  private pile: { readonly clustering: string; readonly pile: number } | undefined;
  private readonly subscriptions: readonly Disposable[];

  constructor(private readonly places: Places) {
    this.item.name = 'Polymath Labelling';
    this.item.command = 'polymath.labelling.stop';
    this.subscriptions = [
      this.item,
      places.onDidChange(() => void this.show()),
      vscode.window.onDidChangeActiveTextEditor(() => void this.show()),
    ];
  }

  get isOn(): boolean {
    return this.pile !== undefined;
  }

  start({ clustering, placement }: Piled): void {
    this.become({ clustering: clustering.id, pile: placement.row.pile });
  }

  stop(): void {
    this.become(undefined);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private become(pile: Labelling['pile']): void {
    this.pile = pile;
    void vscode.commands.executeCommand('setContext', contextKey, pile !== undefined);
    this.places.follow(pile);
  }

  /** In the status bar: the mode, how far the pile is gone through, and what the keys do. */
  private async show(): Promise<void> {
    const { pile } = this;
    if (pile === undefined) return this.item.hide();
    const uri = vscode.window.activeTextEditor?.document.uri;
    const place = uri === undefined || addressOf(uri) === undefined ? undefined : await this.places.of(uri);
    if (this.pile !== pile) return;
    const letter = expertLetter(pile.pile);
    if (place === undefined || !isPiled(place) || place.clustering.id !== pile.clustering) {
      this.item.text = `$(tag) Labelling ${letter}`;
      this.item.tooltip = 'Keys label when a document of the split has the focus. Click to stop.';
    } else {
      const { position, of } = place.placement;
      const { k } = place.clustering;
      const at = `${formatCount(Math.min(position + 1, of))} of ${formatCount(of)}`;
      const keys = `1–${Math.min(9, k)} pile${k > 9 ? ', m more' : ''}, j next, k back, x out, u undo`;
      this.item.text = `$(tag) Labelling ${letter}, ${at}: ${keys}`;
      this.item.tooltip = legend(place);
    }
    this.item.show();
  }
}

function legend({ clustering }: Piled): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  for (const { pile, name } of clustering.piles) {
    const key = pile < 9 ? `${pile + 1}` : 'm';
    text
      .appendMarkdown(`\`${key}\` pile ${expertLetter(pile)}, `)
      .appendText(name)
      .appendMarkdown('  \n');
  }
  const rest = [
    ['m', 'choose a pile'],
    ['j', 'next, less sure'],
    ['k', 'previous, surer'],
    ['x', 'exclude from runs, or include again'],
    ['u', 'undo, step by step'],
    ['Esc', 'stop labelling'],
  ];
  for (const [key, meaning] of rest) text.appendMarkdown(`\`${key}\` ${meaning}  \n`);
  return text;
}
