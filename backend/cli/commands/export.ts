import { formatBytes } from '../../base/bytes';
import { formatNumber } from '../../base/format';
import { resolve } from 'node:path';
import { Argument, type Command, Option } from 'commander';
import { UserError } from '../../base/errors';
import type { Backend, Params } from '../../protocol/messages';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { newestSplit, newestExperts } from '../newest';

type What = Params<'export'>['what'];
type Format = Params<'export'>['format'];

const kinds: readonly What[] = ['experts', 'labels', 'evaluation', 'council', 'dataset'];
const formats: readonly Format[] = ['peft', 'jsonl', 'csv', 'parquet', 'json', 'md', 'tex'];

interface Options extends ProjectOptions {
  readonly to: string;
  readonly format?: Format;
}

export function addExport(program: Command, context: CommandContext): void {
  program
    .command('export')
    .description(
      'Write something of the project for other programs: adapters, labels, an evaluation, a council, a dataset.',
    )
    .addArgument(new Argument('<what>', 'what to write').choices(kinds))
    .argument('[id]', 'which one; the newest by default')
    .requiredOption('--to <path>', 'file, or folder for experts; must not exist')
    .addOption(new Option('--format <format>', "by default from the file's name").choices(formats))
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((what: What, id: string | undefined, options: Options) => run(what, id, options, context));
}

async function run(what: What, given: string | undefined, options: Options, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const id = given ?? (await newest(backend, what));
    const format = options.format ?? guessFormat(what, options.to);
    const done = await backend.call('export', { what, id, format, path: resolve(options.to) });
    if (options.json === true) writeJson(context, done);
    else
      context.out.write(
        `${id} is written to ${options.to}: ${formatNumber(done.files.length, 'file')}, ${formatBytes(done.bytes)}.\n`,
      );
  });
}

function guessFormat(what: What, path: string): Format {
  if (what === 'experts') return 'peft';
  const ending = path.split('.').at(-1)?.toLowerCase();
  const usual = what === 'evaluation' || what === 'council' ? 'json' : 'jsonl';
  return formats.find((format) => format === ending) ?? usual;
}

async function newest(backend: Backend, what: What): Promise<string> {
  switch (what) {
    case 'experts':
      return (await newestExperts(backend, undefined)).id;
    case 'labels':
      return (await newestSplit(backend, undefined)).id;
    case 'dataset':
      return first((await backend.call('datasets/list', { limit: 1 })).items, what);
    case 'evaluation':
      return first((await backend.call('evaluations/list', { limit: 1 })).items, what);
    case 'council':
      return first((await backend.call('councils/list', { limit: 1 })).items, what);
  }
}

function first([found]: readonly { readonly id: string }[], what: What): string {
  if (found === undefined) throw new UserError(`There is no ${what} in this project.`, 'See `polymath --help`.');
  return found.id;
}
