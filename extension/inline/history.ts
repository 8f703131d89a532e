import type * as vscode from 'vscode';
import type { InlineAnswer } from './answer';

/** A question with its answer, as it was when it ended. */
export interface Asked {
  /** ISO 8601. */
  readonly time: string;
  readonly model: string;
  readonly prompt: string;
  readonly answer: string;
}

const memoryKey = 'polymath.ask.history';
const modelKey = 'polymath.ask.model';
/** The editor keeps them in one file with the rest of the workspace's state. */
const mostEntries = 50;
const mostCharacters = 20_000;

/** What was asked in this workspace, the latest first, and whom the user asked by name. */
export class AskHistory {
  constructor(private readonly memory: vscode.Memento) {}

  get entries(): readonly Asked[] {
    return this.memory.get<Asked[]>(memoryKey, []);
  }

  /** The model that was chosen last. */
  get model(): string | undefined {
    return this.memory.get<string>(modelKey);
  }

  async choose(model: string): Promise<void> {
    await this.memory.update(modelKey, model);
  }

  /** Nothing where nothing was answered. */
  async add({ question, told }: InlineAnswer): Promise<void> {
    const text = told.map(({ value }) => value.text).join('');
    if (text === '') return;
    const asked: Asked = {
      time: new Date().toISOString(),
      model: question.model.id,
      prompt: question.prompt.slice(-mostCharacters),
      answer: text.slice(0, mostCharacters),
    };
    await this.memory.update(memoryKey, [asked, ...this.entries].slice(0, mostEntries));
  }

  async clear(): Promise<void> {
    await this.memory.update(memoryKey, undefined);
  }
}
