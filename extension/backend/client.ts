/** The backend as the rest of the extension sees it: calls, events, and one state that says whether it can be asked. */
import * as vscode from 'vscode';
import type { Connection } from '../../backend/rpc/client/connection';
import { inTheEditorsWords } from '../errors/settings-named';
import { UserError } from '../../backend/base/errors';
import type { BackendEvent } from '../../backend/protocol/event';
import type { CallOptions, Method, Params, Result } from '../../backend/protocol/messages';
import type { Disposable } from '../disposables';
import { describeEnding, type Ending } from './ending';
import { processGone } from './process-gone';
import { hasProject, projectFolder } from './project-folder';
import type { Address, Launch } from './process';
import type { Health, Supervisor } from './supervisor';

export type BackendState =
  /** No folder on disk is open, so there is no project. */
  | { readonly kind: 'no-folder' }
  /** Nothing is started in a folder that is not trusted. */
  | { readonly kind: 'untrusted' }
  | { readonly kind: 'stopped'; readonly byUser: boolean }
  /**
   * `crash`: how the last one ended, where this one was started because of that. `elsewhere`: another process started the backend,
   * an earlier window for example, or it is that of a command in a terminal; when it ends, one of this window takes its place.
   */
  | { readonly kind: 'starting'; readonly crash?: Ending }
  | {
      readonly kind: 'ready';
      readonly hello: Result<'initialize'>;
      readonly elsewhere: boolean;
      readonly crash?: Ending;
    }
  | { readonly kind: 'failed'; readonly error: UserError };

export interface ClientOptions {
  /** What is to be started for the project of a folder. */
  readonly launch: (project: string) => Promise<Launch>;
  readonly log: (message: string) => void;
}

export class BackendClient implements Disposable {
  private readonly stateChange = new vscode.EventEmitter<BackendState>();
  private readonly eventHeard = new vscode.EventEmitter<BackendEvent>();
  private readonly resync = new vscode.EventEmitter<void>();
  readonly onDidChangeState = this.stateChange.event;
  readonly onEvent = this.eventHeard.event;
  /** The backend is ready, and what was heard before may be out of date: whatever is shown must be asked anew. */
  readonly onResync = this.resync.event;

  private supervisor: Supervisor | undefined;
  private project = projectFolder();
  private running: BackendState = { kind: 'stopped', byUser: false };
  /** Those who wait for the backend. */
  private waiting: { resolve: (connection: Connection) => void; reject: (error: UserError) => void }[] = [];
  private connection: Connection | undefined;
  private readonly subscriptions: readonly Disposable[];

  constructor(private readonly options: ClientOptions) {
    this.subscriptions = [
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.tell()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.changeFolder()),
      // The command line may have made a project meanwhile.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused && this.state.kind === 'stopped') this.tell();
      }),
      this.stateChange,
      this.eventHeard,
      this.resync,
    ];
  }

  get state(): BackendState {
    if (this.project === undefined) return { kind: 'no-folder' };
    if (!vscode.workspace.isTrusted) return { kind: 'untrusted' };
    return this.running;
  }

  /** `.polymath` of the open folder. */
  get folder(): string | undefined {
    return this.project;
  }

  /**
   * Asks the backend, which is started where it does not run. Rejects with UserError where it cannot be started or asked, with
   * AbortError where the call was cancelled.
   */
  async call<M extends Method>(method: M, params: Params<M>, options: CallOptions = {}): Promise<Result<M>> {
    const connection = await this.connected();
    try {
      return await connection.call(method, params, options);
    } catch (error) {
      // A call that waited for a connection which was given up for the next one.
      if (connection !== this.connection && isAbort(error) && options.signal?.aborted !== true) throw endedMeanwhile();
      throw inTheEditorsWords(error);
    }
  }

  /**
   * Whether somebody who only looks may ask: there is a project, and the backend runs or may be started. It is not where a person
   * stopped it, or where it failed.
   */
  async mayLook(): Promise<boolean> {
    const { state, project } = this;
    if (project === undefined) return false;
    if (state.kind === 'stopped') return !state.byUser && (await hasProject(project));
    return state.kind === 'starting' || state.kind === 'ready';
  }

  /** Resolves when the backend is ready. Rejects with UserError where it cannot be. One that failed gets another chance. */
  async start(): Promise<void> {
    await this.reach();
  }

  /**
   * Resolves when no process is left; that of a command in a terminal stays. Runs are interrupted, each with a checkpoint, also those
   * that the end of the window would not interrupt.
   */
  async stop(): Promise<void> {
    const { state, connection } = this;
    this.connection = undefined;
    this.become({ kind: 'stopped', byUser: true });
    // Its end is no crash from here on. One that keeps runs is told; one that does not answer any more is killed.
    const ended = this.supervisor?.stop();
    if (state.kind === 'ready' && state.hello.owner === 'editor') {
      await connection?.call('project/close', {}, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
      await processGone(state.hello.pid);
    }
    await connection?.close();
    await ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** The project is gone: nobody stopped it, and the next call makes another. */
  forget(): void {
    this.become({ kind: 'stopped', byUser: false });
  }

  /** Leaves the backend with the window: it ends when the runs that are kept are done, at once where there are none. */
  close(): void {
    this.disconnect();
    this.supervisor?.release();
    this.become({ kind: 'stopped', byUser: false });
  }

  dispose(): void {
    this.close();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async connected(): Promise<Connection> {
    const { state } = this;
    // Not started again by whoever happens to ask, or a crash would have no end.
    if (state.kind === 'failed') throw state.error;
    return this.reach();
  }

  private async reach(): Promise<Connection> {
    const { state } = this;
    if (state.kind === 'no-folder') throw noFolder();
    if (state.kind === 'untrusted') throw untrusted();
    if (state.kind === 'ready' && this.connection !== undefined) return this.connection;
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      void this.startSupervisor();
    });
  }

  private async startSupervisor(): Promise<void> {
    // Loaded when it is needed: the schemas of the protocol take longer to start than all of the extension.
    const { Supervisor } = await import('./supervisor');
    const { project } = this;
    if (project === undefined || this.waiting.length === 0) return;
    this.supervisor ??= new Supervisor({
      launch: () => this.options.launch(project),
      onHealth: (health) => this.follow(health),
    });
    this.supervisor.start();
  }

  private changeFolder(): void {
    if (projectFolder() === this.project) return;
    this.close();
    this.supervisor = undefined;
    this.project = projectFolder();
    this.tell();
  }

  private follow(health: Health): void {
    switch (health.state) {
      case 'stopped':
        return;
      case 'starting':
        this.disconnect();
        return this.become(this.running.kind === 'starting' ? this.running : { kind: 'starting' });
      case 'waiting':
        this.options.log(`The backend ${describeEnding(health.crash)} and starts again.`);
        this.disconnect();
        return this.become({ kind: 'starting', crash: health.crash });
      case 'ready':
        return void this.connect(health.address);
      case 'failed':
        this.disconnect();
        return this.become({ kind: 'failed', error: health.error });
    }
  }

  private async connect(address: Address): Promise<void> {
    const { supervisor, project } = this;
    if (project === undefined) return;
    const isCurrent = (): boolean =>
      supervisor?.health.state === 'ready' && supervisor.health.address.pid === address.pid;
    try {
      const { connect } = await import('../../backend/rpc/client/connection');
      const connection = await connect({
        ...address,
        // As this window sees it, at every attach: what the backend says of itself proves nothing.
        folder: project,
        client: `vscode ${vscode.version}`,
        yields: true,
        // One of another process that goes is not waited for.
        reconnect: !address.elsewhere,
        onResync: () => this.resync.fire(),
        // It is gone, or it lives and does not answer any more.
        onClosed: (reason) => {
          if (reason !== undefined && isCurrent()) supervisor?.replace();
        },
      });
      if (!isCurrent()) return void connection.close();
      this.connection = connection;
      connection.listen(({ event }) => this.eventHeard.fire(event));
      const crash = this.running.kind === 'starting' ? this.running.crash : undefined;
      const { elsewhere } = address;
      this.become({ kind: 'ready', hello: connection.hello, elsewhere, ...(crash && { crash }) });
      this.resync.fire();
    } catch (error) {
      if (isCurrent()) supervisor?.giveUp(asUserError(error));
    }
  }

  private disconnect(): void {
    void this.connection?.close();
    this.connection = undefined;
  }

  private become(state: BackendState): void {
    this.running = state;
    if (state.kind === 'ready' && this.connection !== undefined) {
      for (const { resolve } of this.waiting.splice(0)) resolve(this.connection);
    } else if (state.kind === 'failed' || state.kind === 'stopped') {
      const error = state.kind === 'failed' ? state.error : stopped();
      for (const { reject } of this.waiting.splice(0)) reject(error);
    }
    this.tell();
  }

  private tell(): void {
    this.stateChange.fire(this.state);
  }
}

function noFolder(): UserError {
  return new UserError('No folder is open, and Polymath keeps its project in one.', 'Open a folder.');
}

function untrusted(): UserError {
  return new UserError(
    'This workspace is not trusted, so Polymath starts nothing in it.',
    'Trust the workspace to work with its project.',
  );
}

function stopped(): UserError {
  return new UserError('The backend was stopped.', 'Start it again.');
}

function endedMeanwhile(): UserError {
  return new UserError('The backend ended meanwhile.', 'See whether what was under way is done, and try again.');
}

function asUserError(error: unknown): UserError {
  if (error instanceof UserError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(`The backend cannot be talked to: ${reason}.`, 'Look into the log, then restart it.');
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
