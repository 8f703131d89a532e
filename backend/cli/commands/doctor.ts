import type { Command } from 'commander';
import { UserError } from '../../base/errors';
import { exists } from '../../base/files';
import { formatPlural } from '../../base/format';
import type { Check } from '../../protocol/messages';
import { environmentChecks } from '../../server/doctor';
import { checkLine, FailedChecks } from '../checks';
import { projectFolder } from '../project-folder';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';

interface Options extends ProjectOptions {
  readonly repair?: boolean;
}

export function addDoctor(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('Check this machine, this installation and the project; tell what mends what is wrong.')
    .option(
      '--repair',
      'put the last backup in the place of a damaged database, and make room for datasets to be imported again; damaged files are kept',
    )
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the checks as JSON')
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: CommandContext): Promise<void> {
  const folder = projectFolder(options.project);
  if (options.repair === true) await repair(context, options, folder);
  const checks = [...(await environmentChecks(folder)), ...(await checkProject(context, options, folder))];
  if (options.json === true) writeJson(context, checks);
  else for (const check of checks) context.out.write(checkLine(check));
  const failed = checks.filter(({ ok, optional }) => !ok && optional !== true).length;
  if (failed > 0) throw new FailedChecks(`${failed} of ${checks.length} checks failed.`, 'Do what stands beside them.');
}

/** The database first: without it nothing is known of the files. One that another process has open is whole. */
async function repair(context: CommandContext, options: Options, folder: string): Promise<void> {
  const { InUseError } = await import('../../store/failures');
  const { Store } = await import('../../store/store');
  const { out } = context;
  const restored = await Store.repair(folder).catch((error: unknown) => {
    if (error instanceof InUseError) return undefined;
    throw error;
  });
  if (restored !== undefined) {
    const kept =
      restored.damaged === undefined ? 'The file was gone.' : `The damaged file is kept as ${restored.damaged}.`;
    out.write(`The backup ${restored.backup} is in force. ${kept}\n`);
  }
  const { files } = await withBackend(context, options, false, (backend) => backend.call('project/set-aside', {}));
  for (const file of files) out.write(`${file} is what was damaged: import the corpus again.\n`);
  if (restored === undefined && files.length === 0) out.write('There is nothing that a repair could mend.\n');
}

async function checkProject(context: CommandContext, options: Options, folder: string): Promise<Check[]> {
  const name = 'Project';
  if (!(await exists(folder))) return [{ name, ok: true, found: `none yet in ${folder}`, next: '' }];
  try {
    const [{ counts }, files] = await withBackend(context, options, false, async (backend) => [
      await backend.call('project/info', {}),
      await backend.call('project/check', {}),
    ]);
    const list = Object.entries(counts).map(([kind, count]) => formatPlural(count, kind));
    return [{ name, ok: true, found: `${folder}: ${list.join(', ')}`, next: '' }, ...files];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ name, ok: false, found: error.message, next: error.next }];
  }
}
