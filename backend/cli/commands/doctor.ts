import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../../base/errors';
import { exists } from '../../base/files';
import type { Check } from '../../protocol/messages';
import { environmentChecks } from '../../server/doctor';
import { checkLine } from '../checks';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';

interface Options extends ProjectOptions {
  readonly repair?: boolean;
}

export function addDoctor(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('Check this machine, this installation and the project; tell what mends what is wrong.')
    .option('--repair', 'put the last backup of a damaged project in force; the damaged file is kept')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the checks as JSON')
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: CommandContext): Promise<void> {
  const folder = resolve(options.project);
  if (options.repair === true) {
    const { Store } = await import('../../store/store');
    const { damaged, backup } = await Store.repair(folder);
    context.out.write(`The backup ${backup} is in force. The damaged file is kept as ${damaged}.\n`);
  }
  const checks = [...(await environmentChecks(folder)), await checkProject(context, options, folder)];
  if (options.json === true) writeJson(context, checks);
  else for (const check of checks) context.out.write(checkLine(check));
  const failed = checks.filter(({ ok, optional }) => !ok && optional !== true).length;
  if (failed > 0) throw new UserError(`${failed} of ${checks.length} checks failed.`, 'Do what stands beside them.');
}

async function checkProject(context: CommandContext, options: Options, folder: string): Promise<Check> {
  const name = 'Project';
  if (!(await exists(folder))) return { name, ok: true, found: `none yet in ${folder}`, next: '' };
  try {
    const { counts } = await withBackend(context, options, false, (backend) => backend.call('project/info', {}));
    const list = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
    return { name, ok: true, found: `${folder}: ${list.join(', ')}`, next: '' };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name, ok: false, found: error.message, next: error.next };
  }
}
