import { Option, type Command } from 'commander';
import { formatDuration, formatNumber } from '../../base/format';
import { printable } from '../../base/printable';
import { UserError } from '../../base/errors';
import type { Backend } from '../../protocol/messages';
import { type RunNote, type RunRecord, type RunState, runStates } from '../../protocol/run';
import { idNamed } from '../by-names';
import { type CommandContext, follow, jsonText, type ProjectOptions, withBackend, writeJson } from '../context';
import { settingsFor } from '../../kinds/kind';
import { kindNamed } from '../../kinds/read-spec';
import { describeCost, describeEstimate } from '../cost';
import { positiveInteger } from '../options';
import { settingsFileOf } from '../settings-file';
import { renderTable } from '../tables';

interface Options extends ProjectOptions {
  readonly limit: number;
  readonly state?: RunState;
  readonly log?: boolean;
  readonly metrics?: boolean;
  readonly config?: boolean;
  readonly note?: string;
  readonly tags?: string;
  readonly remove?: boolean;
}

export function addRuns(program: Command, context: CommandContext): void {
  program
    .command('runs')
    .description('List the runs of the project, or tell about one.')
    .argument('[run]', 'id of a run')
    .addOption(new Option('--state <state>', 'list only these').choices(runStates))
    .option('--limit <number>', 'rows at most', positiveInteger, 20)
    .option('--log', 'print what its process wrote')
    .option('--metrics', 'print its curves, one JSON object a line')
    .option('--config', 'print what it was told as a file that starts the same run: `polymath run FILE`')
    .option('--note <text>', 'write a note of the run; an empty one is none')
    .option('--tags <tags>', 'tags of the run, commas between; empty for none')
    .option('--remove', 'remove the run with its checkpoints; what it made stays')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((id: string | undefined, options: Options) => run(id, options, context));
}

/** `resume`, `cancel` and `pause`: one run, by its id, or the only one that is meant. */
export function addRunControls(program: Command, context: CommandContext): void {
  const control = (name: 'resume' | 'cancel' | 'pause', description: string): void => {
    program
      .command(name)
      .description(description)
      .argument('[run]', 'id of the run; may be left out where only one is meant')
      .option('--project <folder>', 'project folder', '.polymath')
      .option('--json', 'print the result as JSON')
      .action((id: string | undefined, options: ProjectOptions) => change(name, id, options, context));
  };
  control('resume', 'Go on with a run from its last checkpoint, and follow it to its end.');
  control('cancel', 'Stop a run. Its checkpoint stays.');
  control('pause', 'Pause a run: it writes a checkpoint and gives its memory back.');
}

async function run(id: string | undefined, options: Options, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    if (id === undefined) return list(backend, options, context);
    if (options.remove === true) {
      const found = await idNamed(backend, 'run', id);
      await backend.call('runs/remove', { run: found });
      context.out.write(`${found} is removed.\n`);
    } else if (options.log === true) await printLog(backend, id, context);
    else if (options.metrics === true) await printMetrics(backend, id, context);
    else {
      await annotate(backend, id, options);
      const told = withNote(await backend.call('runs/get', { run: id }), await backend.call('runs/notes', {}));
      if (options.config === true) printConfig(told, context);
      else await tell(backend, told, options, context);
    }
  });
}

/** A run with what a person wrote of it. */
type Told = RunRecord & Partial<Pick<RunNote, 'note' | 'tags'>>;

function withNote(record: RunRecord, notes: readonly RunNote[]): Told {
  const found = notes.find(({ run }) => run === record.id);
  if (found === undefined) return record;
  const { note, tags } = found;
  return { ...record, ...(note !== '' && { note }), ...(tags.length > 0 && { tags }) };
}

/** What is not named stays as it is. */
async function annotate(backend: Backend, run: string, { note, tags }: Options): Promise<void> {
  if (note === undefined && tags === undefined) return;
  const before = (await backend.call('runs/notes', {})).find((found) => found.run === run);
  const given = tags?.split(',').flatMap((tag) => tag.trim() || []);
  await backend.call('runs/annotate', { run, note: note ?? before?.note ?? '', tags: given ?? before?.tags ?? [] });
}

async function list(backend: Backend, { limit, state, json }: Options, context: CommandContext): Promise<void> {
  const { total, items } = await backend.call('runs/list', { limit, ...(state === undefined ? {} : { state }) });
  const notes = await backend.call('runs/notes', {});
  const found = { total, items: items.map((record) => withNote(record, notes)) };
  if (json === true) return writeJson(context, found);
  if (found.total === 0) return context.out.write('There are no runs yet.\n');
  context.out.write(tableOf(found.items, 'Run', context));
}

function tableOf(records: readonly Told[], title: string, { out }: CommandContext): string {
  const columns = [
    { title, align: 'left' as const },
    { title: 'Kind', align: 'left' as const },
    { title: 'State', align: 'left' as const },
    { title: 'Took' },
    { title: 'Latest', align: 'left' as const },
    { title: 'Tags', align: 'left' as const },
  ];
  const rows = records.map((record) => ({
    cells: [
      ...[record.id, record.spec.kind, record.state, formatDuration(record.seconds), latestOf(record)],
      printable((record.tags ?? []).join(', ')),
    ],
  }));
  return renderTable(columns, rows, out);
}

function latestOf({ state, progress, failure, result }: RunRecord): string {
  if (state === 'done') return result ?? '';
  if (failure !== undefined) return printable(failure.message);
  if (progress === undefined) return '';
  const share = progress.total > 0 ? ` ${Math.round((100 * progress.done) / progress.total)} %` : '';
  return `${progress.stage}${share}${progress.note === undefined ? '' : `, ${progress.note}`}`;
}

async function tell(backend: Backend, record: Told, { json }: Options, context: CommandContext): Promise<void> {
  const stages = (await backend.call('runs/list', { parent: record.id, limit: 1000 })).items;
  if (json === true) return writeJson(context, { ...record, ...(stages.length > 0 && { stages }) });
  const { id, spec, state, attempt, seconds, estimate, actual, failure, result, note, tags } = record;
  const { out } = context;
  out.write(`${id}  ${spec.kind}, ${state}, ${formatDuration(seconds)} in ${formatNumber(attempt, 'attempt')}\n`);
  if (failure !== undefined) out.write(`${printable(failure.message)}\n${failure.next}\n`);
  if (estimate !== undefined) out.write(`Estimated: ${describeEstimate(estimate)}\n`);
  if (actual !== undefined) out.write(`Took: ${describeCost(actual)}\n`);
  if (result !== undefined) out.write(`Made: ${result}\n`);
  if (note !== undefined) out.write(`Note: ${printable(note)}\n`);
  if (tags !== undefined) out.write(`Tags: ${printable(tags.join(', '))}\n`);
  if (stages.length > 0) out.write(tableOf(stages, 'Stage', context));
  if (state !== 'done' && state !== 'running' && state !== 'queued') out.write(`Go on with: polymath resume ${id}\n`);
}

/** What was written of the run stands before its settings, as comments. */
function printConfig({ spec, note, tags }: Told, { out, kinds }: CommandContext): void {
  const kind = kindNamed(kinds, spec.kind);
  const written = [note ?? [], tags === undefined ? [] : `Tags: ${tags.join(', ')}`].flat().join('\n');
  // No line of it may pose as a setting.
  if (written !== '') out.write(printable(written).replaceAll(/^/gm, '# ') + '\n');
  out.write(settingsFileOf(spec, settingsFor(kind, spec)));
}

async function printLog(backend: Backend, run: string, { out }: CommandContext): Promise<void> {
  for (let offset = 0; ;) {
    const { text, next } = await backend.call('runs/log', { run, offset });
    if (text === '') return;
    out.write(text);
    offset = next;
  }
}

async function printMetrics(backend: Backend, run: string, { out }: CommandContext): Promise<void> {
  for (let after = 0; ;) {
    const points = await backend.call('runs/metrics', { run, after });
    if (points.length === 0) return;
    for (const point of points) out.write(`${jsonText(point)}\n`);
    after = points[points.length - 1].sequence;
  }
}

async function change(
  action: 'resume' | 'cancel' | 'pause',
  given: string | undefined,
  options: ProjectOptions,
  context: CommandContext,
): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const run = given ?? (await onlyRun(backend, action));
    let record = await backend.call(`runs/${action}`, { run });
    if (action === 'resume') record = await follow(backend, record, context);
    context.progress.finish();
    if (options.json === true) writeJson(context, record);
    else
      context.out.write(
        `${record.id} is ${record.state}.${record.result === undefined ? '' : ` It made ${record.result}.`}\n`,
      );
  });
}

/**
 * The run that is meant where only one can be: the newest one that may be resumed, or the one at work; to be cancelled, where none
 * is, the newest one that waits to go on.
 */
async function onlyRun(backend: Backend, action: 'resume' | 'cancel' | 'pause'): Promise<string> {
  const { items } = await backend.call('runs/list', { limit: 1000 });
  const wanted = ({ state }: RunRecord): boolean =>
    action === 'resume'
      ? state !== 'done' && state !== 'running' && state !== 'queued'
      : state === 'running' || state === 'queued';
  const halted =
    action === 'cancel' ? items.find(({ state }) => state === 'interrupted' || state === 'paused') : undefined;
  const [found = halted, second] = items.filter(wanted);
  const next = 'See `polymath runs`.';
  if (found === undefined) throw new UserError(`There is no run to ${action}.`, next);
  if (second !== undefined && action !== 'resume')
    throw new UserError(`Several runs could be meant.`, `Name one. ${next}`);
  return found.id;
}
