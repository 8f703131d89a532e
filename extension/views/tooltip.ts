import * as vscode from 'vscode';

/** Name and value; what is not known of a thing is left out. */
export type Figure = readonly [name: string, value: string | undefined];

/** A title with figures below it, and a text below these. Nothing in them is read as Markdown. */
export function figuresTooltip(title: string, figures: readonly Figure[], text = ''): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  tooltip.appendMarkdown('**').appendText(title).appendMarkdown('**\n\n');
  for (const [name, value] of figures) {
    if (value !== undefined) tooltip.appendMarkdown(`${name}: `).appendText(value).appendMarkdown('  \n');
  }
  if (text !== '') tooltip.appendMarkdown('\n').appendText(text);
  return tooltip;
}
