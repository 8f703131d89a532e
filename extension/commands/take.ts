import * as vscode from 'vscode';
import type { Step } from './missing';

/** Carries out the step whose title a person chose below a message, if it was one. */
export async function take(steps: readonly Step[], choice: string | undefined): Promise<void> {
  const step = steps.find(({ title }) => title === choice);
  if (step !== undefined) await vscode.commands.executeCommand(step.command, ...(step.arguments ?? []));
}
