import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import type { Check } from '../../backend/protocol/messages';
import { nodeOfMachine } from '../backend/launch';
import type { Polymath } from '../polymath';
import type { CommandTable } from './command';

export const environmentCommands: CommandTable = {
  'polymath.checkEnvironment': {
    title: 'Check Environment',
    icon: 'checklist',
    needs: 'nothing',
    run: checkEnvironment,
  },
};

interface Item extends vscode.QuickPickItem {
  /** Carries out the step that mends it. */
  readonly mend?: () => unknown;
}

/** Lists what the backend needs: what was found, and the step that mends what is missing. Works without a backend, too. */
async function checkEnvironment(polymath: Polymath): Promise<void> {
  const pick = vscode.window.createQuickPick<Item>();
  const copy: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('copy'), tooltip: 'Copy Report' };
  pick.title = 'Polymath: Environment';
  pick.placeholder = 'Looking at this machine…';
  pick.matchOnDetail = true;
  pick.busy = true;
  pick.onDidHide(() => pick.dispose());
  pick.show();
  const checks = await allChecks(polymath);
  pick.busy = false;
  pick.buttons = [copy];
  pick.items = checks.map((check) => toItem(polymath, check));
  const wrong = checks.filter(({ ok, optional }) => !ok && optional !== true).length;
  pick.placeholder = wrong === 0 ? 'All is well' : 'Choose a line to mend what is missing';
  pick.onDidTriggerButton(async () => {
    await vscode.env.clipboard.writeText(report(checks));
    void vscode.window.setStatusBarMessage('The report is in the clipboard.', 3000);
  });
  pick.onDidAccept(() => {
    pick.hide();
    pick.selectedItems[0]?.mend?.();
  });
}

async function allChecks({ client, extension }: Polymath): Promise<Check[]> {
  const here = [editorCheck(extension), folderCheck(client.folder), trustCheck(), await nodeCheck()];
  if (here.some(({ ok }) => !ok)) return here;
  try {
    // An explicit question is worth a start, also where the last one failed.
    await client.start();
    const checks = await client.call('doctor', {});
    // The version of Node is told already, with its place.
    return [...here, backendCheck(client.state.kind), ...checks.filter(({ name }) => name !== 'Node.js')];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [...here, { name: 'Backend', ok: false, found: error.message, next: error.next }];
  }
}

function editorCheck({ extension }: vscode.ExtensionContext): Check {
  const { version } = extension.packageJSON as { version: string };
  const found = `Polymath ${version} in VS Code ${vscode.version} on ${process.platform}-${process.arch}`;
  return { name: 'Editor', ok: true, found, next: '' };
}

function folderCheck(project: string | undefined): Check {
  const ok = project !== undefined;
  return { name: 'Project', ok, found: project ?? 'no folder is open', next: ok ? '' : 'Open a folder.' };
}

function trustCheck(): Check {
  const ok = vscode.workspace.isTrusted;
  const found = ok ? 'trusted' : 'not trusted: nothing is started in it';
  return { name: 'Workspace trust', ok, found, next: ok ? '' : 'Trust the workspace.' };
}

async function nodeCheck(): Promise<Check> {
  try {
    const { path, version, from, warning = '' } = await nodeOfMachine();
    const source = { setting: 'by setting', PATH: 'on PATH', editor: "the editor's own" }[from];
    return { name: 'Node.js', ok: warning === '', found: `${version}, ${source}: ${path}`, next: warning };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name: 'Node.js', ok: false, found: error.message, next: error.next };
  }
}

function backendCheck(state: string): Check {
  return { name: 'Backend', ok: true, found: state, next: '' };
}

function toItem({ logs }: Polymath, { name, ok, optional, found, next }: Check): Item {
  const steps: Record<string, () => unknown> = {
    'Node.js': () => vscode.commands.executeCommand('workbench.action.openSettings', 'polymath.backend.nodePath'),
    Project: () => vscode.commands.executeCommand('workbench.action.files.openFolder'),
    'Workspace trust': () => vscode.commands.executeCommand('workbench.trust.manage'),
    Backend: () => logs.extension.show(),
  };
  const item: Item = {
    label: `$(${ok ? 'pass' : optional === true ? 'circle-slash' : 'warning'}) ${name}`,
    description: found,
    alwaysShow: true,
  };
  if (next !== '') item.detail = next;
  return ok || steps[name] === undefined ? item : { ...item, mend: steps[name] };
}

function report(checks: readonly Check[]): string {
  return checks
    .map(
      ({ name, ok, optional, found, next }) =>
        `${ok ? 'ok  ' : optional === true ? '--  ' : 'FAIL'}  ${name}: ${found}${next === '' ? '' : `\n      ${next}`}\n`,
    )
    .join('');
}
