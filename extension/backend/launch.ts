import { join } from 'node:path';
import type { Logs } from '../log';
import { setting, settings } from '../settings';
import { findNode, type NodeProgram } from './node';
import type { Launch } from './process';

/** Finds the Node for the backend as the settings and this machine have it. Throws as `findNode` does. */
export function nodeOfMachine(): Promise<NodeProgram> {
  return findNode({
    setting: setting('backend.nodePath'),
    searchPath: process.env.PATH ?? '',
    editor: { path: process.execPath, isElectron: process.versions.electron !== undefined },
    platform: process.platform,
  });
}

/** How the backend of a project is started. `root`: the folder of the extension. */
export async function launchOf(root: string, project: string, logs: Logs): Promise<Launch> {
  const node = await nodeOfMachine();
  logs.extension.info(`Starting the backend of ${project} with Node.js ${node.version} (${node.path}, ${node.from})`);
  if (node.warning !== undefined) logs.extension.warn(node.warning);
  return {
    command: node.path,
    args: [join(root, 'dist/backend/server/main.js'), project],
    env: { ...environment(), ...wishes(), ...node.env },
    onLine: (line) => logs.backend.info(line),
  };
}

/** What the settings wish for, in the variables that the backend reads; without a wish, one of the environment counts. */
function wishes(): NodeJS.ProcessEnv {
  const device = setting('device');
  const seconds = setting('runs.checkpointSeconds');
  const cache = setting('models.cacheFolder');
  const [queue, artifacts] = [setting('runs.queue'), setting('runs.artifacts')];
  return {
    ...(device !== settings.device.default && { POLYMATH_DEVICE: device }),
    ...(seconds !== settings['runs.checkpointSeconds'].default && { POLYMATH_CHECKPOINT_SECONDS: String(seconds) }),
    ...(queue !== '' && { POLYMATH_QUEUE: queue }),
    ...(artifacts !== '' && { POLYMATH_ARTIFACTS: artifacts }),
    ...(cache !== '' && { HF_HUB_CACHE: cache }),
    ...(setting('models.offline') && { HF_HUB_OFFLINE: '1' }),
  };
}

/** The editor's environment without what is meant for the editor's own processes. */
function environment(): NodeJS.ProcessEnv {
  const foreign = /^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
