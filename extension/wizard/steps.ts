/** Wizards: questions in a row, with a way back. */
import * as vscode from 'vscode';
import { back, type Back, Boxes, type ListLine, type QuestionPlace, type PickList, type WrittenLine } from './boxes';
import { parseNumber } from './numbers';

/** Somebody wants the question before: the wizard begins anew, with all earlier answers given. */
class WentBack extends Error {}

/**
 * Runs wizards. A wizard is a function that asks one question after another; Back runs it again and gives it the answers that
 * stand, so it must come to the same questions by the same answers. Escape rejects with a cancellation, of which nothing is said.
 */
export class Dialogs {
  readonly boxes = new Boxes();

  /** `steps`: how many questions there are, where that is known; those that are skipped count less. */
  async run<T>(title: string, steps: number | undefined, wizard: (ask: Ask) => Promise<T>): Promise<T> {
    const answer = await this.runWithin(title, steps, wizard, false);
    if (answer === back) throw new Error('there is nothing before the first question');
    return answer;
  }

  /** A wizard that another question leads to: Back on its first question leads there again. */
  runBelow<T>(title: string, wizard: (ask: Ask) => Promise<T>): Promise<T | Back> {
    return this.runWithin(title, undefined, wizard, true);
  }

  private async runWithin<T>(
    title: string,
    steps: number | undefined,
    wizard: (ask: Ask) => Promise<T>,
    below: boolean,
  ): Promise<T | Back> {
    const answers: Answers = { given: [], former: [] };
    for (;;) {
      try {
        return await wizard(new Ask(this, title, steps, answers, below));
      } catch (error) {
        if (!(error instanceof WentBack)) throw error;
        // Nobody wants to go back to what was not asked.
        while (answers.given.at(-1)?.skipped === true) answers.given.pop();
        if (answers.given.pop() === undefined) return back;
      }
    }
  }
}

/** What nobody needs to be asked, because there is nothing else. */
export class Only<T> {
  constructor(readonly value: T) {}
}

interface Answers {
  /** Those that stand. */
  readonly given: { readonly answer: unknown; readonly skipped: boolean }[];
  /** The latest to each question, also where somebody went back before it. */
  readonly former: unknown[];
}

export interface NumberQuestion {
  readonly prompt: string;
  readonly value: number;
  readonly least: number;
  readonly most?: number;
  readonly whole?: boolean;
}

/** Asks the questions of one wizard. */
export class Ask {
  private asked = 0;

  constructor(
    readonly dialogs: Dialogs,
    readonly title: string,
    private readonly steps: number | undefined,
    private readonly answers: Answers,
    private readonly below: boolean,
  ) {}

  /** One of the lines of a list, which is read when the question comes up; the only thing that there is needs no question. */
  async pick<T>(list: Single<T> | (() => Promise<Single<T> | Only<T>>)): Promise<T> {
    const { value } = await this.question<Picked<T>>(async (place, former) => {
      const found = typeof list === 'function' ? await list() : list;
      if (found instanceof Only) return new Only({ value: found.value });
      const answer = await this.dialogs.boxes.pick(place, { ...found, active: former?.label ?? found.active });
      return answer === back ? back : { value: answer[0], label: labelOf(found.lines, answer[0]) };
    });
    return value;
  }

  pickMany<T>(list: Omit<PickList<T>, 'many' | 'active'>): Promise<readonly T[]> {
    return this.question((place) => this.dialogs.boxes.pick(place, { ...list, many: true }));
  }

  text(line: WrittenLine): Promise<string> {
    return this.question<string>((place, former = line.value) =>
      this.dialogs.boxes.write(place, { ...line, value: former }),
    );
  }

  async number({ prompt, value, ...bounds }: NumberQuestion): Promise<number> {
    const check = (text: string): string | undefined => {
      const number = parseNumber(text, bounds);
      return typeof number === 'string' ? number : undefined;
    };
    const number = parseNumber(await this.text({ prompt, value: String(value), check }), bounds);
    if (typeof number === 'string') throw new Error(number);
    return number;
  }

  /** Files or folders of this disk, by the editor's dialog; closed without a choice, it leads back. */
  async paths(options: vscode.OpenDialogOptions): Promise<readonly string[]> {
    return this.question(async ({ canGoBack }) => {
      const uris = await vscode.window.showOpenDialog({ title: this.title, ...options });
      if (uris !== undefined) return uris.map(({ fsPath }) => fsPath);
      if (canGoBack) return back;
      throw new vscode.CancellationError();
    });
  }

  /** An answer that is known: a question fewer. */
  only<A>(value: A): Promise<A> {
    return this.question<A>(() => Promise.resolve(new Only(value)));
  }

  /** A question of any kind. `show` gets what was answered before somebody went back. */
  async question<A>(show: (place: QuestionPlace, former: A | undefined) => Promise<A | Only<A> | Back>): Promise<A> {
    const { given, former } = this.answers;
    const index = this.asked++;
    if (index < given.length) return given[index].answer as A;
    const answer = await show(this.placeAfter(given), former[index] as A | undefined);
    if (answer === back) throw new WentBack();
    const skipped = answer instanceof Only;
    const value = skipped ? answer.value : answer;
    given[index] = { answer: value, skipped };
    former[index] = value;
    return value;
  }

  private placeAfter(given: Answers['given']): QuestionPlace {
    const asked = given.filter(({ skipped }) => !skipped).length;
    const canGoBack = this.below || asked > 0;
    if (this.steps === undefined) return { title: this.title, canGoBack };
    const steps = Math.max(asked + 1, this.steps - (given.length - asked));
    return { title: this.title, step: asked + 1, steps, canGoBack };
  }
}

type Single<T> = Omit<PickList<T>, 'many'>;

interface Picked<T> {
  readonly value: T;
  /** Of the line, by which it is found again when the list is read anew. */
  readonly label?: string | undefined;
}

function labelOf<T>(lines: readonly ListLine<T>[], value: T): string | undefined {
  return lines.find((line) => 'value' in line && line.value === value)?.label;
}
