import { join } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../../base/errors';
import type { Raw } from '../../base/settings';
import { compareKind } from '../../kinds/compare/spec';
import { settingsFor } from '../../kinds/kind';
import { kindNamed } from '../../kinds/read-spec';
import type { KindTable } from '../../kinds/specs';
import type { Backend } from '../../protocol/messages';
import { parseReport } from '../../protocol/report';
import { chooseDataset, type CommandContext, withBackend, writeJson } from '../context';
import { projectFolder } from '../project-folder';
import { newestSplit, newestExperts } from '../newest';
import { addRunFlags, runOrEstimate, type RunOptions } from '../run-command';
import { showReport } from '../report';
import { readFileOfSettings, readSettingsFile } from '../settings-file';
import { toldSettings } from '../settings-flags';

interface Options extends RunOptions {
  readonly data?: string;
}

export function addRun(program: Command, context: CommandContext): void {
  const command = program
    .command('run')
    .description(
      'The whole job: split, train one expert per pile, mix, compare with the controls, and report. Or whatever run a file describes.',
    )
    .argument('[file]', 'YAML file of a run of any kind, see `polymath runs --config`')
    .option('--data <path>', 'what `polymath import` reads, or the id of a dataset; the sample corpus by default');
  const { settings } = context.kinds.compare;
  addRunFlags(command, compareKind, settings, ['dataset']).action(
    async (file: string | undefined, options: Options) => {
      const flags = await toldSettings(command, settings);
      if (file === undefined) await compare(flags, options, context);
      else await runFile(file, flags, options, context);
    },
  );
}

/** Does the run that a file describes; flags go before what it says where its kind has such a setting. */
async function runFile(path: string, flags: Raw, options: Options, context: CommandContext): Promise<void> {
  const said = await readFileOfSettings(path).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    const documents = `If it holds documents, name it by --data: polymath run --data ${path}`;
    throw new UserError(error.message, `${error.next} ${documents}`);
  });
  if (said.kind === undefined) {
    const other = 'For another run write its kind into the file, such as kind: split.';
    context.progress.print(`${path} names no kind of run, so it is read as a comparison (compare). ${other}`);
  }
  const named = said.kind ?? compareKind.kind;
  const kind = kindNamed(context.kinds, typeof named === 'string' ? named : JSON.stringify(named));
  const table = settingsFor(kind, said);
  const told = { ...(await readSettingsFile(path, table)), ...flags };
  const strange = Object.keys(flags).find((key) => !Object.hasOwn(table, key));
  if (strange !== undefined) {
    throw new UserError(`A run of the kind ${kind.kind} has no setting {${strange}}.`, 'Leave it out.');
  }
  if (kind.kind === compareKind.kind) return compare(told, options, context);
  await withBackend(context, options, true, async (backend) => {
    const subjects = await namedSubjects(backend, table, told, options, context);
    const record = await runOrEstimate(backend, { ...told, ...subjects, kind: kind.kind }, options, context);
    if (record === undefined) return;
    context.progress.finish();
    if (options.json === true) writeJson(context, record);
    else context.out.write(`${record.id} is done. It made ${record.result ?? 'nothing'}.\n`);
  });
}

/** What the run is about, where the file does not say it: the newest of the project. */
async function namedSubjects(
  backend: Backend,
  table: KindTable[string]['settings'],
  told: Raw,
  { data }: Options,
  context: CommandContext,
): Promise<Raw> {
  const needs = (key: string): boolean => table[key]?.required === true && told[key] === undefined;
  return {
    ...('dataset' in table && (needs('dataset') || data !== undefined || told.dataset !== undefined)
      ? { dataset: (await chooseDataset(backend, data ?? told.dataset, context)).id }
      : {}),
    ...(needs('split') ? { split: (await newestSplit(backend, undefined)).id } : {}),
    ...(needs('experts') ? { experts: (await newestExperts(backend, undefined)).id } : {}),
  };
}

async function compare(told: Raw, options: Options, context: CommandContext): Promise<void> {
  await withBackend(context, options, true, async (backend) => {
    const dataset = await chooseDataset(backend, options.data ?? told.dataset ?? 'sample', context);
    const spec = { ...told, kind: compareKind.kind, dataset: dataset.id };
    const record = await runOrEstimate(backend, spec, options, context);
    if (record === undefined) return;
    const evaluation = await backend.call('evaluations/get', { evaluation: record.result ?? '' });
    const report = parseReport(evaluation.result);
    context.progress.finish();
    if (options.json === true) return writeJson(context, report);
    const files = ['report.html', 'report.json'].map((name) => join(projectFolder(options.project), name));
    showReport(report, files, context.out);
  });
}
