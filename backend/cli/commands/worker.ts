import type { Command } from 'commander';
import { formatDuration } from '../../base/format';
import type { DeviceChoice } from '../../base/device';
import type { NamedWorkers } from '../../protocol/workers';
import { type CommandContext, writeJson } from '../context';
import { artifactsOption, deviceOption, positiveInteger, queueOption } from '../options';
import { type Column, renderTable } from '../tables';

interface Options extends NamedWorkers {
  readonly device?: DeviceChoice;
  readonly threads?: number;
}

/** `worker` and `workers`: this machine as a worker of others' runs, and who is there. */
export function addWorkers(program: Command, context: CommandContext): void {
  program
    .command('worker')
    .description('Do tasks of runs of other machines, until Ctrl-C: one at a time, on one device.')
    .addOption(queueOption('the queue that tasks come from'))
    .addOption(artifactsOption())
    .addOption(deviceOption())
    .option('--threads <number>', 'threads; by default as many as there are cores', positiveInteger)
    .addHelpText('after', '\nThe password of the queue is read from POLYMATH_QUEUE_PASSWORD.')
    .action((options: Options) => work(options, context));
  program
    .command('workers')
    .description('List the workers of a queue, and what each is at.')
    .addOption(queueOption('the queue'))
    .option('--json', 'print the workers as JSON')
    .action((options: { readonly queue?: string; readonly json?: boolean }) => list(options, context));
}

async function work(options: Options, { progress, signal }: CommandContext): Promise<void> {
  const { becomeWorker } = await import('../../server/workers');
  await becomeWorker(options, (line) => progress.print(line), signal);
  progress.print('The worker has left; what it was at goes on elsewhere.');
}

const columns: readonly Column[] = [
  { title: 'worker', align: 'left', whole: true },
  { title: 'device, threads', align: 'left' },
  { title: 'tasks' },
  { title: 'tasks/s' },
  { title: 'at', align: 'left' },
];

async function list(
  { queue, json }: { readonly queue?: string; readonly json?: boolean },
  context: CommandContext,
): Promise<void> {
  const { listWorkers } = await import('../../server/workers');
  const workers = await listWorkers(queue);
  if (json === true) return writeJson(context, workers);
  if (workers.length === 0) {
    context.out.write('No worker is there. Start one with: polymath worker --queue ADDRESS --artifacts FOLDER\n');
    return;
  }
  const now = Date.now();
  const rows = workers.map(({ host, pid, device, threads, tasks, lately, task }) => ({
    cells: [
      `${host} ${pid}`,
      `${device}, ${threads}`,
      String(tasks),
      (lately / 60).toFixed(2),
      task === undefined ? 'waits' : `${task.name}, ${formatDuration((now - task.since) / 1000)}`,
    ],
  }));
  context.out.write(renderTable(columns, rows, context.out));
}
