import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { vscodeCache } from './cache';

/** Quiet and the same every time: no network, no welcome page, no assistant, no prompts. */
const quietSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'npm.fetchOnlinePackageInfo': false,
  // Tests open the page that they look at.
  'polymath.home.openByItself': false,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  // Themes follow the system, which a test can change while the window is open.
  'window.autoDetectColorScheme': true,
  'window.autoDetectHighContrast': true,
  'window.confirmBeforeClose': 'never',
  // A click on the icon of views that the window has just shown again by itself hides them otherwise.
  'workbench.activityBar.iconClickBehavior': 'focus',
  'workbench.editor.useModal': 'off',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

export interface ServerOptions {
  /** A folder for all that the server writes. */
  readonly scratch: string;
  readonly vsix?: string | undefined;
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  readonly trusted: boolean;
  /** On top of the environment: the extension host inherits it. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A VS Code server with fresh user data, the leader of a process group of its own. */
export class ServerProcess {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {
    process.once('exit', this.killNow);
  }

  static async start(options: ServerOptions): Promise<ServerProcess> {
    const { scratch, vsix, trusted } = options;
    for (const folder of ['user/User', 'extensions', 'tmp']) await mkdir(join(scratch, folder), { recursive: true });
    await writeFile(
      join(scratch, 'user/User/settings.json'),
      JSON.stringify({ ...quietSettings, ...options.settings }),
    );
    // Else it would write one to the home folder.
    await writeFile(join(scratch, 'config.yaml'), '{}\n');
    const env = {
      ...ownEnvironment(),
      // No marketplace, its sockets in the scratch folder, and its own log there too.
      EXTENSIONS_GALLERY: '{}',
      TMPDIR: join(scratch, 'tmp'),
      XDG_DATA_HOME: join(scratch, 'data'),
      ...options.env,
    };
    const places = [
      vscodeCache.server,
      `--config=${join(scratch, 'config.yaml')}`,
      `--user-data-dir=${join(scratch, 'user')}`,
      `--extensions-dir=${join(scratch, 'extensions')}`,
    ];
    if (vsix !== undefined) {
      await promisify(execFile)(vscodeCache.node, [...places, '--install-extension', resolve(vsix)], { env });
    }
    const port = await freePort();
    const args = [
      ...places,
      `--bind-addr=127.0.0.1:${port}`,
      '--auth=none',
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-getting-started-override',
      '--disable-proxy',
      '--ignore-last-opened',
      '--reconnection-grace-time=1',
      // Should the test be killed, the browser ends with it, and the server soon after.
      '--idle-timeout-seconds=120',
      // Without it a built VS Code takes no extension under development and no tests.
      '--vscode-option=enable-smoke-test-driver',
      ...(trusted ? ['--disable-workspace-trust'] : []),
    ];
    const child = spawn(vscodeCache.node, args, {
      cwd: scratch,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(join(scratch, 'server.log'));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const server = new ServerProcess(port, child);
    await server.answers();
    return server;
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the VS Code server was not started');
    return this.child.pid;
  }

  get ended(): Promise<unknown> {
    return once(this.child, 'exit');
  }

  /** Asks the whole group to end, then insists. */
  async stop(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (!signalGroup(this.pid, signal)) break;
      for (let waited = 0; waited < 5000 && signalGroup(this.pid, 0); waited += 50) await sleep(50);
    }
    process.off('exit', this.killNow);
  }

  private readonly killNow = (): void => void signalGroup(this.pid, 'SIGKILL');

  private async answers(): Promise<void> {
    for (let waited = 0; waited < 60_000; waited += 100) {
      if (this.child.exitCode !== null) break;
      const response = await fetch(`http://127.0.0.1:${this.port}/healthz`).catch(() => undefined);
      if (response?.ok === true) return;
      await sleep(100);
    }
    await this.stop();
    throw new Error('the VS Code server does not answer');
  }
}

/** False where nobody is left in the group. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Without what would make the server believe that it runs inside another VS Code. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(VSCODE_|ELECTRON_|CODE_SERVER_|NODE_OPTIONS$|PORT$|XDG_RUNTIME_DIR$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
