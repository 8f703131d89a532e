/** What every part of the page works with. */
import type { ToHost } from './protocol';

export interface Tools {
  /** What was chosen in a control, by its name. */
  choice(name: string): string | undefined;
  choose(changes: Readonly<Record<string, string>>): void;
  post(message: ToHost): void;
  /** The text of a question of the exam, which is asked for where it is not there yet; with what is to stand below it. */
  question(id: string, below: unknown): unknown;
}
