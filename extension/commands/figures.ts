import * as vscode from 'vscode';

/** Shows names and values in a list that can be searched; Enter copies a value, the button all of them. */
export function showFigures(title: string, figures: readonly (readonly [name: string, value: string])[]): void {
  const pick = vscode.window.createQuickPick();
  const copy: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('copy'), tooltip: 'Copy All' };
  pick.title = title;
  pick.placeholder = 'Enter copies a line';
  pick.matchOnDescription = true;
  pick.buttons = [copy];
  pick.items = figures.map(([label, description]) => ({ label, description }));
  const toClipboard = async (text: string): Promise<void> => {
    await vscode.env.clipboard.writeText(text);
    void vscode.window.setStatusBarMessage('Copied.', 3000);
  };
  pick.onDidTriggerButton(() => {
    const lines = figures.map(([name, value]) => `${name.replace(/^\$\([\w~-]+\) /, '')}: ${value}\n`);
    void toClipboard(lines.join(''));
  });
  pick.onDidAccept(() => {
    const [line] = pick.activeItems;
    if (line?.description !== undefined) void toClipboard(line.description);
    pick.hide();
  });
  pick.onDidHide(() => pick.dispose());
  pick.show();
}
