import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { UserError } from '../base/errors';

/**
 * What chat models answered, by the hash of what they were asked: one JSON value a line, on the disk before it is used. A run that goes on
 * after whatever ended it asks nothing twice, and comes along the same way to where it was.
 */
export class AnswerBook {
  private constructor(
    private readonly answers: Map<string, unknown>,
    private readonly file: string | undefined,
  ) {}

  /** Without a file it lasts as long as the process. */
  static async open(file?: string): Promise<AnswerBook> {
    const answers = new Map<string, unknown>();
    const text = file === undefined ? '' : await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const entry = parsed(line);
      if (entry !== undefined) answers.set(...entry);
    }
    // A line that was cut off would swallow the next one.
    if (file !== undefined && text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
    return new AnswerBook(answers, file);
  }

  /** Answers that were there before anything was asked. */
  get size(): number {
    return this.answers.size;
  }

  /** The answer kept for a question, or what `ask` gives now. */
  async answer<T>(question: unknown, ask: () => Promise<T>): Promise<{ answer: T; known: boolean }> {
    const key = createHash('sha256').update(JSON.stringify(question)).digest('hex');
    if (this.answers.has(key)) return { answer: this.answers.get(key) as T, known: true };
    const answer = await ask();
    this.answers.set(key, answer);
    if (this.file !== undefined) write(this.file, `${JSON.stringify([key, answer])}\n`);
    return { answer, known: false };
  }
}

function parsed(line: string): [string, unknown] | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string'
      ? [entry[0], entry[1]]
      : undefined;
  } catch {
    return undefined;
  }
}

function write(path: string, line: string): void {
  let file: number;
  try {
    file = openSync(path, 'a');
  } catch (error) {
    throw new UserError(
      `The answers cannot be kept: ${String(error)}`,
      'Make the folder of the run writable, then resume.',
    );
  }
  try {
    appendFileSync(file, line);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
