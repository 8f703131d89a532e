import type { BackendState } from './backend/client';

export interface Offer {
  readonly title: string;
  readonly icon: string;
  readonly command: string;
}

const showRuns: Offer = { title: 'Show Runs', icon: 'list-unordered', command: 'polymath.runs.focus' };
const start: Offer = { title: 'Start Backend', icon: 'play', command: 'polymath.backend.start' };
const restart: Offer = { title: 'Restart Backend', icon: 'debug-restart', command: 'polymath.backend.restart' };
const stop: Offer = { title: 'Stop Backend', icon: 'debug-stop', command: 'polymath.backend.stop' };
const check: Offer = { title: 'Check Environment', icon: 'checklist', command: 'polymath.checkEnvironment' };
const logs: Offer = { title: 'Open Logs', icon: 'output', command: 'polymath.openLogs' };
const openFolder: Offer = { title: 'Open Folder…', icon: 'folder', command: 'workbench.action.files.openFolder' };
const trust: Offer = { title: 'Manage Workspace Trust', icon: 'shield', command: 'workbench.trust.manage' };

/** What makes sense in each state: behind the item in the status bar, and in its tooltip. */
export const offers: Readonly<Record<BackendState['kind'], readonly Offer[]>> = {
  'no-folder': [openFolder, logs],
  untrusted: [trust, check, logs],
  stopped: [start, check, logs],
  starting: [stop, logs],
  ready: [showRuns, restart, stop, check, logs],
  failed: [restart, check, logs],
};
