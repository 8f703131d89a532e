import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import { Disposables, type Disposable } from '../disposables';
import { moved } from './moved';

export interface TextPlace {
  readonly document: vscode.TextDocument;
  readonly offset: number;
}

/** A part of the text: offsets in the document, and what it was made from. */
export interface Piece<T> {
  start: number;
  end: number;
  readonly text: string;
  readonly value: T;
}

/**
 * A text that is written into a document piece by piece, in one step of undo, and can be taken out again. What others change in the
 * document meanwhile moves it. Where the document cannot be written, it goes on at another place.
 */
export class InsertedText<T> implements Disposable {
  /** Those that are in the document, in order. */
  pieces: Piece<T>[] = [];
  start: number;
  end: number;
  private place: TextPlace;
  private waiting: Piece<T>[] = [];
  private writing: Promise<void> | undefined;
  /** What is on its way into the document. */
  private expected: { readonly text: string; readonly pieces: Piece<T>[] } | undefined;
  /** The next edit begins another step of undo. */
  private apart = true;
  private ended = false;
  private failure: Error | undefined;
  private movedAway = false;
  private readonly change = new vscode.EventEmitter<void>();
  private readonly loss = new vscode.EventEmitter<void>();
  readonly onDidChange = this.change.event;
  /** Others took it out, or closed the document: it is at its end. */
  readonly onDidLose = this.loss.event;
  private readonly parts = new Disposables();

  /** `elsewhere` opens a document in the place of one that cannot be written. */
  constructor(
    place: TextPlace,
    private readonly elsewhere: () => Promise<TextPlace>,
  ) {
    this.place = place;
    this.start = this.end = place.offset;
    this.parts.add(this.change);
    this.parts.add(this.loss);
    this.parts.add(vscode.workspace.onDidChangeTextDocument((event) => this.hear(event)));
    this.parts.add(vscode.workspace.onDidCloseTextDocument(() => this.lookForDocument()));
    this.parts.add(
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        if (closed.some((tab) => shows(tab, this.document))) this.lookForTab();
      }),
    );
  }

  get document(): vscode.TextDocument {
    return this.place.document;
  }

  get range(): vscode.Range {
    return this.rangeOf(this);
  }

  rangeOf({ start, end }: { readonly start: number; readonly end: number }): vscode.Range {
    return new vscode.Range(this.document.positionAt(start), this.document.positionAt(end));
  }

  append(text: string, value: T): void {
    this.waiting.push({ start: 0, end: 0, text, value });
    this.writing ??= this.write()
      .catch((error: unknown) => void (this.failure = error instanceof Error ? error : new Error(String(error))))
      .finally(() => (this.writing = undefined));
  }

  /** Resolves when all that was appended stands in the document; rejects where that cannot be. */
  async settled(): Promise<void> {
    await this.writing;
    if (this.failure !== undefined) throw this.failure;
  }

  /** Takes it out: the document is as if it had never been written. */
  async remove(): Promise<void> {
    this.waiting = [];
    await this.writing;
    const { ended, document } = this;
    this.dispose();
    if (ended || this.start === this.end) return;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const before = document.version;
      await edit(document, (builder) => builder.delete(this.range), { undoStopBefore: true, undoStopAfter: true });
      if (document.version !== before) return;
    }
  }

  dispose(): void {
    this.ended = true;
    this.parts.dispose();
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0 && !this.ended) {
      const pieces = this.waiting.splice(0);
      const text = pieces.map((piece) => inDocument(piece.text, this.document)).join('');
      if (await this.insert(text, pieces)) continue;
      if (this.ended) return;
      if (this.movedAway) throw new UserError('The editor takes no text.', 'Ask again in another document.');
      this.movedAway = true;
      this.waiting.unshift(...this.pieces, ...pieces);
      this.pieces = [];
      this.place = await this.elsewhere();
      this.start = this.end = this.place.offset;
    }
  }

  /** False where the document does not take it. */
  private async insert(text: string, pieces: Piece<T>[]): Promise<boolean> {
    if (text === '') return true;
    this.expected = { text, pieces };
    for (let attempt = 0; attempt < attempts && !this.ended; attempt++) {
      const position = this.document.positionAt(this.end);
      const options = { undoStopBefore: this.apart, undoStopAfter: false };
      const taken = await edit(this.document, (builder) => builder.insert(position, text), options);
      // The editor tells of the change before it tells that the edit is made; of a read-only document it tells neither.
      if (this.expected === undefined) return true;
      if (taken) break;
    }
    this.expected = undefined;
    return false;
  }

  private hear({ document, contentChanges: changes }: vscode.TextDocumentChangeEvent): void {
    if (document !== this.document || changes.length === 0) return;
    const { expected } = this;
    const [{ rangeOffset, rangeLength, text }] = changes;
    const own = changes.length === 1 && rangeLength === 0 && rangeOffset === this.end && text === expected?.text;
    if (own) this.take(expected.pieces);
    else for (const change of changes) this.follow(change);
    this.apart = !own;
    if (!own && this.pieces.length > 0 && this.start === this.end) this.lose();
    else this.change.fire();
  }

  private take(pieces: Piece<T>[]): void {
    this.expected = undefined;
    for (const piece of pieces) {
      piece.start = this.end;
      piece.end = this.end + inDocument(piece.text, this.document).length;
      this.end = piece.end;
    }
    this.pieces.push(...pieces);
  }

  private follow(change: vscode.TextDocumentContentChangeEvent): void {
    for (const part of [this, ...this.pieces]) {
      const end = moved(part.end, change, 'stays');
      part.start = moved(part.start, change, 'goes along');
      part.end = Math.max(part.start, end);
    }
  }

  /** A document whose language changes is told as closed and opened. */
  private lookForDocument(): void {
    if (!vscode.workspace.textDocuments.includes(this.document)) this.lose();
  }

  /** The editor keeps a document for a while after its last tab. */
  private lookForTab(): void {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    if (!tabs.some((tab) => shows(tab, this.document))) this.lose();
  }

  private lose(): void {
    if (this.ended) return;
    this.ended = true;
    this.loss.fire();
    this.dispose();
  }
}

/** A document that somebody types in may have changed before an edit of it arrives. */
const attempts = 20;

interface Builder {
  insert(position: vscode.Position, text: string): void;
  delete(range: vscode.Range): void;
}

/** An editor alone knows steps of undo; a document that none shows is written without. */
async function edit(
  document: vscode.TextDocument,
  change: (builder: Builder) => void,
  options: { readonly undoStopBefore: boolean; readonly undoStopAfter: boolean },
): Promise<boolean> {
  const editor = vscode.window.visibleTextEditors.find((shown) => shown.document === document);
  if (editor !== undefined) {
    // One that is closed just now rejects.
    return editor.edit(change, options).then(
      (taken) => taken,
      () => false,
    );
  }
  const edits = new vscode.WorkspaceEdit();
  change({
    insert: (position, text) => edits.insert(document.uri, position, text),
    delete: (range) => edits.delete(document.uri, range),
  });
  return vscode.workspace.applyEdit(edits);
}

/** With the line ends of the document, as the editor would make them. */
function inDocument(text: string, { eol }: vscode.TextDocument): string {
  const plain = text.replaceAll('\r', '');
  return eol === vscode.EndOfLine.CRLF ? plain.replaceAll('\n', '\r\n') : plain;
}

function shows({ input }: vscode.Tab, { uri }: vscode.TextDocument): boolean {
  if (input instanceof vscode.TabInputText) return input.uri.toString() === uri.toString();
  return input instanceof vscode.TabInputTextDiff && input.modified.toString() === uri.toString();
}
