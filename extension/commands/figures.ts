import * as vscode from 'vscode';
import type { Polymath } from '../polymath';

/** Shows names and values in a list that can be searched; Enter copies a value. */
export async function showFigures(
  { dialogs }: Polymath,
  title: string,
  figures: readonly (readonly [name: string, value: string])[],
): Promise<void> {
  const lines = figures.map(([label, description]) => ({ label, description, value: description }));
  const value = await dialogs.run(title, undefined, (ask) => ask.pick({ placeholder: 'Enter copies a line', lines }));
  await vscode.env.clipboard.writeText(value);
  void vscode.window.setStatusBarMessage('Copied.', 3000);
}
