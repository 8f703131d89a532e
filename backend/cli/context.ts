import { formatDuration, formatNumber } from '../base/format';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Raw, wordsOf } from '../base/settings';
import { kindNamed } from '../kinds/read-spec';
import { type KindTable, runKinds } from '../kinds/specs';
import type { MethodTable } from '../split/methods/method';
import { splitMethods } from '../split/methods/settings';
import { adoption } from '../server/adoption';
import type { Registries } from '../server/registries';
import { UserError } from '../base/errors';
import { unprintable } from '../base/printable';
import { namesSample } from '../base/sample-names';
import type { Backend } from '../protocol/messages';
import type { DatasetRecord } from '../protocol/records';
import type { RunRecord, RunSpec } from '../protocol/run';
import type { NamedWorkers } from '../protocol/workers';
import { version } from '../base/version';
import { byNames, listed } from './by-names';
import { describeEstimate } from './cost';
import { projectFolder } from './project-folder';
import { createProgressLine, type ProgressLine } from './progress-line';
import { createTerminal, type Terminal } from './terminal';

/** What every command works with. Results go to `out` (standard output), all else to standard error. */
export interface CommandContext {
  readonly out: Terminal;
  readonly progress: ProgressLine;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The kinds of run that there are. */
  readonly kinds: KindTable;
  /** The splitting methods, as they speak of themselves. */
  readonly methods: MethodTable;
  /** What a project that is opened here can do; what this version can by default. */
  readonly registries?: Registries | undefined;
}

export function createContext(
  signal: AbortSignal,
  registries?: Registries,
  { out, err }: { readonly out: Terminal; readonly err: Terminal } = {
    out: createTerminal(process.stdout),
    err: createTerminal(process.stderr),
  },
): CommandContext {
  return {
    out,
    progress: createProgressLine(err),
    signal,
    kinds: registries?.kinds ?? runKinds,
    methods: registries?.methods ?? splitMethods,
    registries,
  };
}

/** The options that most commands share. */
export interface ProjectOptions {
  readonly project: string;
  readonly json?: boolean;
}

/**
 * Does something with the backend of the project: the one that has it open already, or one in this process. It takes names and
 * beginnings of ids wherever an id is taken. A project is made only where `create` says so.
 */
export async function withBackend<T>(
  { progress, registries, kinds }: CommandContext,
  { project }: Pick<ProjectOptions, 'project'>,
  create: boolean,
  task: (backend: Backend) => Promise<T>,
): Promise<T> {
  const onWaiting = (): void => {
    progress.print('Another program still uses this project through this process; it goes on until that one is done.');
  };
  const onAdopted = (files: number): void => progress.print(adoption(files));
  // Loaded only now: help and mistakes in the options need no database.
  const { openBackend } = await import('../server/open');
  const options = { client: `polymath ${version}`, create, onWaiting, onAdopted, registries };
  const folder = projectFolder(project);
  if (folder !== resolve(project)) progress.print(`The project is ${folder}.`);
  const backend = await openBackend(folder, options);
  try {
    return await task(byNames(backend, kinds));
  } finally {
    await backend.close();
  }
}

/**
 * Looks for a base model before anything is begun with it, and converts it where it is a GGUF file that was not used before.
 * Throws UserError where it is not on this machine.
 */
export async function requireModel(name: string, { progress, signal }: CommandContext): Promise<void> {
  const { findModel } = await import('../model-files/source');
  await findModel(name, { report: (report) => progress.report(report), signal });
  progress.finish();
}

/** How a run is started beside what it does. */
export interface StartFlags extends NamedWorkers {
  readonly again?: boolean;
}

/** Starts a run and follows it to its end, see `follow`. What takes long is estimated first. */
export async function startRun(
  backend: Backend,
  spec: RunSpec,
  { again = false, queue, artifacts }: StartFlags,
  context: CommandContext,
): Promise<RunRecord> {
  const kind = kindNamed(context.kinds, spec.kind);
  // Nobody should wait for an estimate of what is refused.
  if (kind.lane !== 'files') await backend.call('runs/check', { spec, again });
  const model = spec.model ?? kind.settings.model?.default;
  if (typeof model === 'string' && kind.lane !== 'files' && spec.pull !== true) await requireModel(model, context);
  if (kind.long?.(spec) === true) {
    const cost = await backend.call('runs/estimate', { spec }, { signal: context.signal });
    context.progress.print(`This takes ${describeEstimate(cost)}.`);
    context.signal.throwIfAborted();
  }
  return follow(backend, await backend.call('runs/start', { spec, again, workers: { queue, artifacts } }), context);
}

/**
 * Shows the progress of a run until it ends, and returns its record. Ctrl-C cancels the run, which writes a checkpoint first.
 * Throws UserError where it failed.
 */
export async function follow(
  backend: Backend,
  run: RunRecord,
  { progress, signal, kinds }: CommandContext,
): Promise<RunRecord> {
  const kind = kindNamed(kinds, run.spec.kind);
  const ended = new Promise<void>((resolve) => {
    const over = ({ state }: RunRecord): boolean => state !== 'queued' && state !== 'running';
    const stop = backend.listen(({ event }) => {
      if (event.type === 'progress' && event.run === run.id) {
        const { note, stage, ...rest } = event.progress;
        // One line for all stages: what they are at stands behind its figures.
        if (kind.stages !== undefined) progress.report({ ...rest, stage: kind.title(run.spec), note: stage });
        else progress.report({ ...rest, stage, ...(note === undefined ? {} : { note }) });
      }
      if (event.type === 'run' && event.run.parent === run.id && event.run.state === 'done') {
        const { spec, seconds, result = 'nothing' } = event.run;
        progress.print(`${kindNamed(kinds, spec.kind).label}: done in ${formatDuration(seconds)}, made ${result}`);
      }
      if (event.type === 'run' && event.run.id === run.id && over(event.run)) {
        stop();
        resolve();
      }
    });
    // It may have ended before anybody listened.
    void backend.call('runs/get', { run: run.id }).then((now) => over(now) && resolve(), resolve);
  });
  const cancel = (): void => void backend.call('runs/cancel', { run: run.id }).catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  await Promise.race([ended, gone(backend, run)]);
  signal.removeEventListener('abort', cancel);
  const record = await backend.call('runs/get', { run: run.id });
  if (record.state === 'cancelled' && signal.aborted) {
    progress.finish('failed');
    progress.print(`The run is kept: polymath resume ${record.id}`);
  }
  signal.throwIfAborted();
  const done = requireDone(record);
  progress.finish();
  return done;
}

/** Rejects when the backend that does the run is gone: it may have been another process's. */
async function gone(backend: Backend, { id }: RunRecord): Promise<void> {
  await backend.closed;
  throw new UserError('The process that had the project open has ended.', `Go on with: polymath resume ${id}`);
}

function requireDone(record: RunRecord): RunRecord {
  const { id, state, failure } = record;
  if (state === 'done') return record;
  if (failure !== undefined) throw new UserError(failure.message, failure.next);
  throw new UserError(`The run ${id} was ${state} from elsewhere.`, `Go on with: polymath resume ${id}`);
}

/** An id, a path, or the name of a dataset, in this order; absent means the newest dataset, or the sample corpus. */
export async function chooseDataset(backend: Backend, named: unknown, context: CommandContext): Promise<DatasetRecord> {
  const data = wordsOf(named);
  if (data !== undefined && (/^data-[0-9a-z]+$/.test(data) || (await isNameAlone(backend, data)))) {
    return backend.call('datasets/get', { dataset: data });
  }
  if (data === undefined) {
    const [newest] = (await backend.call('datasets/list', { limit: 1 })).items;
    if (newest !== undefined) return newest;
  }
  return importNamedCorpus(backend, { source: data ?? 'sample' }, context);
}

/** Whether this names a dataset of the project and no file. */
async function isNameAlone(backend: Backend, data: string): Promise<boolean> {
  if (namesSample(data) || existsSync(data)) return false;
  return (await listed(backend, 'data')).some(({ name }) => name === data);
}

/** Imports a corpus, or finds it imported already; tells on standard error what was left out of it. */
export async function importNamedCorpus(
  backend: Backend,
  { source: named, ...options }: Raw & { readonly source: string },
  context: CommandContext,
): Promise<DatasetRecord> {
  const source = namesSample(named) ? named : resolve(named);
  const started = await backend.call('runs/start', { spec: { ...options, kind: 'import', source } });
  const { result } = await follow(backend, started, context);
  const dataset = await backend.call('datasets/get', { dataset: result ?? '' });
  await tellRejections(backend, dataset, context);
  return dataset;
}

const shownRejections = 10;

async function tellRejections(
  backend: Backend,
  { id, rejected }: DatasetRecord,
  { progress }: CommandContext,
): Promise<void> {
  if (rejected === 0) return;
  const { items } = await backend.call('rejections/list', { dataset: id, limit: shownRejections });
  for (const { file, line, reason } of items) progress.print(`${file}, line ${line}: ${reason}`);
  if (rejected > items.length) progress.print(`… and ${formatNumber(rejected - items.length, 'more line')}`);
  progress.print(`${formatNumber(rejected, 'line was', 'lines were')} left out; the rest goes on.`);
}

/** JSON in which every character that a terminal does not show as it is has its number. */
export function jsonText(value: unknown, indent?: number): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, undefined, indent).replaceAll(unprintable, escaped);
}

/** Writes JSON for other programs. */
export function writeJson({ out }: CommandContext, value: unknown): void {
  out.write(`${jsonText(value, 2)}\n`);
}
