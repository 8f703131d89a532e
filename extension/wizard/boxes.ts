/** The editor's own boxes, each as one question: a list to choose from, or a line to write. */
import * as vscode from 'vscode';

/** What is answered where somebody wants the question before. */
export const back = Symbol('back');
export type Back = typeof back;

export interface ListChoice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/** A heading between choices. */
export const heading = (label: string): vscode.QuickPickItem => ({ label, kind: vscode.QuickPickItemKind.Separator });

export type ListLine<T> = ListChoice<T> | vscode.QuickPickItem;

/** Where a question stands: its title, its number among how many, and whether there is one before. */
export interface QuestionPlace {
  readonly title: string;
  readonly step?: number | undefined;
  readonly steps?: number | undefined;
  readonly canGoBack: boolean;
}

export type Box = vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox;

/** Shows the boxes. `current` is the one that waits for an answer. */
export class Boxes {
  current: Box | undefined;

  /** Resolves with what was chosen: one value, or of a list of many at least one. */
  pick<T>(place: QuestionPlace, list: PickList<T>): Promise<readonly T[] | Back> {
    const pick = vscode.window.createQuickPick();
    pick.placeholder = list.placeholder;
    pick.matchOnDescription = true;
    pick.matchOnDetail = true;
    pick.canSelectMany = list.many ?? false;
    pick.keepScrollPosition = true;
    fill(pick, list.lines, list.active);
    if (list.many) pick.selectedItems = pick.items.filter(({ picked }) => picked);
    list.watch?.((lines) => fill(pick, lines, pick.activeItems[0]?.label), pick);
    const chosen = (): readonly T[] | undefined => {
      const items = list.many ? pick.selectedItems : pick.activeItems.slice(0, 1);
      const values = items.filter((item): item is ListChoice<T> => 'value' in item).map(({ value }) => value);
      return values.length > 0 ? values : undefined;
    };
    return this.answer(pick, place, chosen);
  }

  write(place: QuestionPlace, { prompt, value, placeholder, check }: WrittenLine): Promise<string | Back> {
    const input = vscode.window.createInputBox();
    input.prompt = prompt;
    input.value = value;
    input.placeholder = placeholder ?? '';
    input.onDidChangeValue((text) => (input.validationMessage = check(text)));
    return this.answer(input, place, () => {
      input.validationMessage = check(input.value);
      return input.validationMessage === undefined ? input.value : undefined;
    });
  }

  /** Rejects where it is closed without an answer. */
  private answer<A>(
    box: Box,
    { title, step, steps, canGoBack }: QuestionPlace,
    read: () => A | undefined,
  ): Promise<A | Back> {
    box.title = title;
    box.step = step;
    box.totalSteps = steps;
    // A look into another window must not lose what was answered so far.
    box.ignoreFocusOut = true;
    if (canGoBack) box.buttons = [vscode.QuickInputButtons.Back];
    return new Promise<A | Back>((resolve, reject) => {
      box.onDidTriggerButton((button) => {
        if (button === vscode.QuickInputButtons.Back) resolve(back);
      });
      box.onDidAccept(() => {
        const answer = read();
        if (answer !== undefined) resolve(answer);
      });
      box.onDidHide(() => reject(new vscode.CancellationError()));
      this.current = box;
      box.show();
    }).finally(() => {
      if (this.current === box) this.current = undefined;
      box.dispose();
    });
  }
}

export interface PickList<T> {
  readonly placeholder: string;
  readonly lines: readonly ListLine<T>[];
  /** The label of the line that is chosen by Enter alone. */
  readonly active?: string | undefined;
  /** Several can be chosen; `picked` says which are at first. */
  readonly many?: boolean;
  /** Gets the way to put other lines in the place of these while the list is open. */
  readonly watch?: (
    replace: (lines: readonly ListLine<T>[]) => void,
    box: vscode.QuickPick<vscode.QuickPickItem>,
  ) => void;
}

export interface WrittenLine {
  readonly prompt: string;
  readonly value: string;
  readonly placeholder?: string;
  /** What is wrong with a text; undefined where nothing is. */
  readonly check: (text: string) => string | undefined;
}

function fill<T>(
  pick: vscode.QuickPick<vscode.QuickPickItem>,
  lines: readonly ListLine<T>[],
  active: string | undefined,
): void {
  pick.items = lines;
  const found = lines.find(({ label, kind }) => label === active && kind !== vscode.QuickPickItemKind.Separator);
  if (found !== undefined) pick.activeItems = [found];
}
