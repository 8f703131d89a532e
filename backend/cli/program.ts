/** The command line as a function of what it can do. */
import { Command } from 'commander';
import { UserError } from '../base/errors';
import { addAsk } from './commands/ask';
import { addBench } from './commands/bench';
import { addChooseK } from './commands/choose-k';
import { addCouncils } from './commands/councils';
import { addDatasets } from './commands/datasets';
import { addDevices } from './commands/devices';
import { addDoctor } from './commands/doctor';
import { addEvaluate } from './commands/evaluate';
import { addEvolve } from './commands/evolve';
import { addExam } from './commands/exam';
import { addExperts } from './commands/experts';
import { addExport } from './commands/export';
import { addFind } from './commands/find';
import { addImport } from './commands/import';
import { addLabels } from './commands/labels';
import { addMerge } from './commands/merge';
import { addMix } from './commands/mix';
import { addModels } from './commands/models';
import { addPiles } from './commands/piles';
import { addPipeline } from './commands/pipeline';
import { addQuestions } from './commands/questions';
import { addRun } from './commands/run';
import { addRunControls, addRuns } from './commands/runs';
import { addServe } from './commands/serve';
import { addSplit } from './commands/split';
import { addStability } from './commands/stability';
import { addTrain } from './commands/train';
import { addWorkers } from './commands/worker';
import { type CommandContext, createContext } from './context';
import { explain, Interrupted, systemFault, Unread } from './explain';
import type { Registries } from '../server/registries';
import { version } from '../base/version';

const commands = [
  addPipeline,
  addRun,
  addImport,
  addDatasets,
  addFind,
  addQuestions,
  addSplit,
  addChooseK,
  addStability,
  addPiles,
  addLabels,
  addTrain,
  addMix,
  addAsk,
  addEvaluate,
  addEvolve,
  addExam,
  addExperts,
  addMerge,
  addCouncils,
  addModels,
  addBench,
  addRuns,
  addRunControls,
  addExport,
  addServe,
  addWorkers,
  addDevices,
  addDoctor,
];

/** All commands. Its options and arguments can be read before anything is parsed; `quiet` says nothing of mistakes in them. */
export function createProgram(context: CommandContext, quiet = false): Command {
  const program = new Command('polymath')
    .description('Split a mixed corpus into piles, train one expert per pile, and let the experts answer together.')
    .version(version)
    .showHelpAfterError('(add --help for the options)')
    // Otherwise a command whose own commands have the same options would take theirs.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => context.out.write(text),
      writeErr: (text) => (quiet ? undefined : context.progress.print(text.trimEnd())),
    })
    .exitOverride();
  for (const add of commands) add(program, context);
  return program;
}

/** Does what the arguments of this process say, with these registries or those of this version, and ends the process. */
export async function runCommandLine(registries?: Registries): Promise<never> {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Whoever asks twice does not want to wait for the step in progress.
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Interrupted());
    });
  }
  // `polymath runs | head -1`: what is left to say is said to nobody.
  process.stdout.on('error', (error) => controller.abort(systemFault(error, 'what the command says') ?? new Unread()));
  process.stderr.on('error', () => undefined);
  const context = createContext(controller.signal, registries);
  const code = await perform(process.argv.slice(2), context);
  // Pipes are not written at once on every system: whoever ends before loses the rest.
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  const { reason } = controller.signal as { readonly reason: unknown };
  // ONNX Runtime's threads would keep the process alive for a moment longer.
  process.exit(code === 0 && reason instanceof UserError ? explain(reason, false, context) : code);
}

/** Does what the arguments say, in this process; the exit code. */
export async function perform(args: readonly string[], context: CommandContext): Promise<number> {
  const end = args.indexOf('--');
  const json = args.slice(0, end < 0 ? args.length : end).includes('--json');
  try {
    await createProgram(context, json).parseAsync(args, { from: 'user' });
    context.progress.finish();
    return 0;
  } catch (error) {
    return explain(error, json, context);
  }
}
