/** Keeps one backend running: starts it, starts it again when it crashes (but not for ever), and ends it. */
import { UserError } from '../../backend/base/errors';
import { describeEnding, type Ending } from './ending';
import { type Address, BackendProcess, EarlyEndError, type Launch } from './process';

/** Milliseconds before each start after a crash; the crash after the last is one too many. */
const usualPauses = [500, 1000, 2000, 4000] as const;
/** Crashes that are longer ago than so many milliseconds do not count. */
const crashWindow = 3 * 60_000;

export type Health =
  | { readonly state: 'stopped' }
  | { readonly state: 'starting' }
  | { readonly state: 'ready'; readonly address: Address }
  /** It crashed, and starts again in a moment. */
  | { readonly state: 'waiting'; readonly crash: Ending }
  /** It does not run, and only a person can mend that. */
  | { readonly state: 'failed'; readonly error: UserError };

export interface SupervisorOptions {
  /** What is to be started; asked before each start. Throws UserError where there is nothing to start. */
  readonly launch: () => Promise<Launch>;
  readonly onHealth: (health: Health) => void;
  readonly pauses?: readonly number[];
  /** Milliseconds. */
  readonly clock?: () => number;
}

export class Supervisor {
  private current: Health = { state: 'stopped' };
  private process: BackendProcess | undefined;
  /** Rises with every start and stop: who finds another number than its own is out of date. */
  private generation = 0;
  private crashes: number[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** The process that was asked to end: the next one would find the project still open. */
  private ending: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SupervisorOptions) {}

  get health(): Health {
    return this.current;
  }

  /** Starts the backend where it does not run; a person's wish makes crashes forgotten. */
  start(): void {
    if (this.current.state !== 'stopped' && this.current.state !== 'failed') return;
    this.crashes = [];
    void this.launch();
  }

  /** Resolves when no process is left. */
  async stop(): Promise<void> {
    this.letGo();
    this.become({ state: 'stopped' });
    await this.ending;
  }

  /** Lets the process go with the window: it decides by its runs when it ends. */
  release(): void {
    this.generation++;
    clearTimeout(this.timer);
    this.process?.release();
    this.process = undefined;
    this.become({ state: 'stopped' });
  }

  /** Replaces a backend that does not answer any more: an own one as if it had crashed, another process' one by an own. */
  replace(): void {
    if (this.current.state !== 'ready') return;
    if (this.current.address.elsewhere) void this.launch();
    else this.process?.kill();
  }

  /** Ends a backend that nobody can talk to, and does not start it again. */
  giveUp(error: UserError): void {
    this.letGo();
    this.become({ state: 'failed', error });
  }

  private letGo(): void {
    this.generation++;
    clearTimeout(this.timer);
    if (this.process !== undefined) this.ending = this.process.stop();
    this.process = undefined;
  }

  private async launch(): Promise<void> {
    const generation = ++this.generation;
    this.become({ state: 'starting' });
    try {
      await this.ending;
      const launch = await this.options.launch();
      if (generation !== this.generation) return;
      const process = new BackendProcess(launch);
      this.process = process;
      const address = await process.address;
      // Its last words, and those of whoever was stopped meanwhile, are nobody's business any more.
      if (generation !== this.generation) return;
      this.become({ state: 'ready', address });
      if (!address.elsewhere) void process.ended.then((ending) => this.crashed(generation, ending));
    } catch (error) {
      if (error instanceof EarlyEndError && error.ending.signal !== null) this.crashed(generation, error.ending);
      else if (generation === this.generation) this.giveUp(explained(error));
    }
  }

  private crashed(generation: number, crash: Ending): void {
    if (generation !== this.generation) return;
    const { pauses = usualPauses, clock = () => performance.now() } = this.options;
    const now = clock();
    this.crashes = [...this.crashes.filter((time) => now - time < crashWindow), now];
    const pause = pauses[this.crashes.length - 1];
    if (pause === undefined) return this.giveUp(tooManyCrashes(this.crashes.length, crash));
    this.become({ state: 'waiting', crash });
    this.timer = setTimeout(() => void this.launch(), pause);
  }

  private become(health: Health): void {
    this.current = health;
    this.options.onHealth(health);
  }
}

function lastWords({ tail }: Ending): string {
  const words = tail.trim();
  return words === '' ? '' : ` Its last words: ${words.slice(-1000)}`;
}

function tooManyCrashes(count: number, crash: Ending): UserError {
  return new UserError(
    `The backend ended unexpectedly ${count} times within minutes (it ${describeEnding(crash)}), so it is not started again.${lastWords(crash)}`,
    'Look into its log, then restart it.',
  );
}

function explained(error: unknown): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof EarlyEndError) {
    const { ending } = error;
    return new UserError(
      `The backend ${describeEnding(ending)} before it listened.${lastWords(ending)}`,
      'Look into its log, and check the environment.',
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(`The backend could not be started: ${reason}.`, 'Look into the log.');
}
