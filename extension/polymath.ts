import type * as vscode from 'vscode';
import type { BackendClient } from './backend/client';
import type { DocumentContents } from './documents/documents';
import type { Places } from './documents/places';
import type { Reports } from './documents/reports';
import type { RunLogs } from './documents/run-logs';
import type { GuideEndpoint } from './guide/endpoint';
import type { Answers } from './inline/ask';
import type { Completions } from './inline/completions';
import type { AskHistory } from './inline/history';
import type { MixtureAsked } from './inline/mixture-asked';
import type { Labelling } from './labels/labelling';
import type { Logs } from './log';
import type { Pages } from './pages/pages';
import type { Activity } from './runs/activity';
import type { DatasetsTree } from './views/datasets';
import type { FoundTree } from './views/found';
import type { ExpertsTree } from './views/experts';
import type { PilesTree } from './views/piles';
import type { RunsTree } from './views/runs';
import type { Dialogs } from './wizard/steps';

/** What the parts of the extension share: made once, in main.ts, and handed to every command. */
export interface Polymath {
  readonly extension: vscode.ExtensionContext;
  readonly logs: Logs;
  readonly client: BackendClient;
  readonly activity: Activity;
  readonly documents: DocumentContents;
  readonly places: Places;
  readonly reports: Reports;
  readonly labelling: Labelling;
  readonly runLogs: RunLogs;
  readonly datasets: DatasetsTree;
  readonly piles: PilesTree;
  readonly found: FoundTree;
  readonly experts: ExpertsTree;
  readonly runs: RunsTree;
  readonly dialogs: Dialogs;
  readonly answers: Answers;
  readonly history: AskHistory;
  readonly mixture: MixtureAsked;
  readonly completions: Completions;
  readonly pages: Pages;
  readonly guide: GuideEndpoint;
}
