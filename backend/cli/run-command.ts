/** What commands that start runs have in common. */
import type { Command } from 'commander';
import type { Backend } from '../protocol/messages';
import { costOfAll, type RunCost, type RunRecord, type RunSpec } from '../protocol/run';
import type { RunKind } from '../kinds/kind';
import { type CommandContext, type ProjectOptions, type StartFlags, startRun, writeJson } from './context';
import { describeEstimate } from './cost';
import { artifactsOption, queueOption } from './options';
import { addSettings } from './settings-flags';

export interface RunOptions extends ProjectOptions, StartFlags {
  readonly estimate?: boolean;
}

/** Flags for the settings of a kind but for those that the command asks for otherwise, and for what to do with them. */
export function addRunFlags(
  command: Command,
  { lane }: Pick<RunKind, 'lane'>,
  settings: RunKind['settings'],
  without: readonly string[] = [],
  project = '.polymath',
): Command {
  addSettings(command, settings, without);
  if (lane !== 'files') {
    command
      .option('--estimate', 'tell what it would take, and do nothing')
      .option('--again', 'do it although another run of the project does the same at this moment')
      .addOption(queueOption('give its tasks to the workers of this queue, see `polymath worker`'))
      .addOption(artifactsOption());
  }
  return addProjectFlags(command, project);
}

export function addProjectFlags(command: Command, project = '.polymath'): Command {
  return command.option('--project <folder>', 'project folder', project).option('--json', 'print the result as JSON');
}

/** Does a run to its end. Where only its cost was asked for, that is told, and nothing is done: then there is no record. */
export async function runOrEstimate(
  backend: Backend,
  spec: RunSpec,
  options: RunOptions,
  context: CommandContext,
): Promise<RunRecord | undefined> {
  if (options.estimate !== true) return startRun(backend, spec, options, context);
  await tellEstimate(backend, [spec], options, context);
  return undefined;
}

/** What runs one after another would take: the sum of their times and tokens, and the memory of the largest. */
export async function tellEstimate(
  backend: Backend,
  specs: readonly RunSpec[],
  options: RunOptions,
  context: CommandContext,
): Promise<void> {
  const costs: RunCost[] = [];
  const { signal } = context;
  for (const spec of specs) costs.push(await backend.call('runs/estimate', { spec }, { signal }));
  const cost = costs.length === 1 ? costs[0] : costOfAll(costs);
  if (options.json === true) writeJson(context, cost);
  else context.out.write(`${describeEstimate(cost).replace(/^a/, 'A')}.\n`);
}
