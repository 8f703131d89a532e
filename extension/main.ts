/** The extension's entry: puts its parts together. Nothing is started and nothing heavy is loaded before it is needed. */
import * as vscode from 'vscode';
import { announceGivingUp } from './backend/announcer';
import { BackendClient } from './backend/client';
import { launchOf } from './backend/launch';
import { registerCommands } from './commands/register';
import { commands } from './commands/table';
import { keepContextKeys } from './context-keys';
import { Disposables } from './disposables';
import { CouncilFiles } from './documents/councils';
import { DocumentContents } from './documents/documents';
import { showPlaces } from './documents/lens';
import { Places } from './documents/places';
import { Reports } from './documents/reports';
import { RunLogs } from './documents/run-logs';
import { GuideEndpoint } from './guide/endpoint';
import { openHomeByItself } from './home/by-itself';
import { Answers } from './inline/ask';
import { registerChatParticipant } from './inline/chat-participant';
import { Completions } from './inline/completions';
import { AskHistory } from './inline/history';
import { MixtureAsked } from './inline/mixture-asked';
import { registerModelProvider } from './inline/model-provider';
import { Labelling } from './labels/labelling';
import { createLogs, type Logs } from './log';
import { Pages } from './pages/pages';
import { pages } from './pages/table';
import type { Polymath } from './polymath';
import { Activity } from './runs/activity';
import { announceEnds } from './runs/announcer';
import { Recovery } from './runs/recovery';
import { Status } from './status';
import { DatasetsTree } from './views/datasets';
import { ExpertsTree } from './views/experts';
import { FoundTree } from './views/found';
import { registerFooterCommand } from './views/paged-tree';
import { PilesTree } from './views/piles';
import { RunsTree } from './views/runs';
import { Dialogs } from './wizard/steps';

let polymath: Polymath | undefined;

/** Gives what tests look at; undefined where activation failed, which the user is told: the editor would not. */
export function activate(extension: vscode.ExtensionContext): Polymath | undefined {
  const began = performance.now();
  const parts = new Disposables();
  extension.subscriptions.push(parts);
  const logs = parts.add(createLogs());
  try {
    polymath = assemble(extension, parts, logs);
    logs.extension.info(`Activated in ${(performance.now() - began).toFixed(0)} ms`);
    return polymath;
  } catch (error) {
    logs.extension.error(error instanceof Error ? error : String(error));
    void vscode.window.showErrorMessage(`Polymath could not start: ${String(error)} Reload the window to try again.`);
    return undefined;
  }
}

/** Leaves the backend to itself; should the editor not come so far, its standard input closes all the same. */
export function deactivate(): void {
  polymath?.client.close();
}

function assemble(extension: vscode.ExtensionContext, parts: Disposables, logs: Logs): Polymath {
  const client = parts.add(
    new BackendClient({
      launch: (project) => launchOf(extension.extensionPath, project, logs),
      log: (message) => logs.extension.warn(message),
    }),
  );
  const activity = parts.add(new Activity(client));
  const documents = parts.add(new DocumentContents(client));
  const places = parts.add(new Places(client));
  const reports = parts.add(new Reports(client));
  const labelling = parts.add(new Labelling(places));
  const runLogs = parts.add(new RunLogs(client, activity));
  const datasets = parts.add(new DatasetsTree(client, documents));
  const piles = parts.add(new PilesTree(client, documents));
  const found = parts.add(new FoundTree(client, documents));
  const experts = parts.add(new ExpertsTree(client));
  const runs = parts.add(new RunsTree(client, activity));
  const recovery = parts.add(new Recovery(client, activity, extension.workspaceState, logs));
  const { version } = extension.extension.packageJSON as { version: string };
  const dialogs = new Dialogs();
  const history = new AskHistory(extension.workspaceState);
  const answers = parts.add(new Answers(client, history));
  const mixture = new MixtureAsked(client, extension.workspaceState);
  const completions = parts.add(new Completions(client, answers, mixture));
  const assembled: Polymath = {
    extension,
    logs,
    client,
    activity,
    documents,
    places,
    reports,
    labelling,
    runLogs,
    datasets,
    piles,
    found,
    experts,
    runs,
    dialogs,
    answers,
    history,
    mixture,
    completions,
    pages: parts.add(new Pages(pages, { extension, logs, client, activity, history, piles, runLogs, dialogs })),
    guide: parts.add(new GuideEndpoint(client)),
  };
  parts.add(new CouncilFiles(client));
  parts.add(showPlaces(places, () => labelling.isOn));
  for (const offer of [registerChatParticipant(client, mixture), registerModelProvider(client)])
    if (offer) parts.add(offer);
  parts.add(new Status(client, activity, version));
  parts.add(announceGivingUp(client));
  parts.add(announceEnds(assembled));
  parts.add(keepContextKeys(client));
  parts.add(registerFooterCommand());
  parts.add(registerCommands(assembled, commands));
  void recovery.reopen();
  void openHomeByItself(assembled);
  return assembled;
}
