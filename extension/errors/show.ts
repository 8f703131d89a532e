/** Messages with the step that mends what is wrong. */
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import type { Logs } from '../log';
import type { Step } from '../steps';
import { MissingStep, openLogs, stepsNamed } from './missing';

/** A command that cannot do anything now says why, and offers the step that mends it. */
export interface Refusal {
  readonly message: string;
  readonly steps: readonly Step[];
}

export async function explain({ message, steps }: Refusal): Promise<void> {
  await take(steps, await vscode.window.showWarningMessage(message, ...steps.map(({ title }) => title)));
}

/** Carries out the step whose title a person chose below a message, if it was one. */
export async function take(steps: readonly Step[], choice: string | undefined): Promise<void> {
  const step = steps.find(({ title }) => title === choice);
  if (step !== undefined) await vscode.commands.executeCommand(step.command, ...(step.arguments ?? []));
}

/** What went wrong, with the step that mends it where a person can. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof UserError ? `${message} ${error.next}` : message;
}

/** The user's own mistakes with the step that mends them; of a defect the log has the rest. What was cancelled needs no word. */
export async function showError(logs: Logs, error: unknown): Promise<void> {
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'Canceled')) return;
  if (error instanceof MissingStep) return explain({ message: `${error.message} ${error.next}`, steps: error.steps });
  logs.extension.error(error instanceof Error ? error : String(error));
  const text = errorText(error);
  const message = error instanceof UserError ? text : `Polymath failed: ${text}`;
  const steps = error instanceof UserError ? stepsNamed(error.next) : [];
  const choice = await vscode.window.showErrorMessage(message, ...steps.map(({ title }) => title), openLogs.title);
  if (choice === openLogs.title) logs.extension.show();
  else await take(steps, choice);
}
