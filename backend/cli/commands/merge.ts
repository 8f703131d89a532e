import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { runDefaults } from '../../protocol/defaults';
import { UserError } from '../../base/errors';
import type { ExpertSet } from '../../protocol/records';
import { type MergeSpec, mergeSpec, weightTypes } from '../../protocol/run';
import { type Context, type ProjectOptions, startRun, withBackend, writeJson } from '../context';
import { newestExperts } from '../newest';
import { numbers } from '../options';

interface Options extends ProjectOptions {
  readonly to: string;
  readonly weights?: number[];
  readonly dtype: MergeSpec['dtype'];
  readonly experts?: string;
}

export function addMerge(program: Command, context: Context): void {
  program
    .command('merge')
    .description('Write a model of its own that other tools load: the base model with experts added to its weights.')
    .argument('[letters...]', 'experts (A, B, …); all of the set by default')
    .requiredOption('--to <folder>', 'folder of the model; must not exist')
    .option(
      '--weights <numbers>',
      'how much of each expert is added, in the order of the letters: 0.7,0.3; equal shares of 1 by default',
      numbers,
    )
    .addOption(
      new Option('--dtype <type>', 'what the weights are written in')
        .choices(weightTypes)
        .default(runDefaults.merge.dtype),
    )
    .option('--experts <id>', 'set of experts; the newest by default')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((letters: string[], options: Options) => run(letters, options, context));
}

async function run(letters: readonly string[], options: Options, context: Context): Promise<void> {
  await withBackend(options, false, async (backend) => {
    const experts = await newestExperts(backend, options.experts);
    const weights = weightsOf(experts, letters, options.weights);
    const { dtype, to } = options;
    const spec = mergeSpec.parse({ kind: 'merge', experts: experts.id, weights, dtype, path: resolve(to) });
    const { result } = await startRun(backend, spec, context);
    context.progress.finish();
    if (options.json === true) return writeJson(context, { folder: result, experts: experts.id, weights, dtype });
    const parts = weights.map(({ letter, weight }) => `${Number(weight.toFixed(3))} × ${letter}`).join(' + ');
    context.out.write(`${result}: the base model + ${parts}, in ${dtype}.\n`);
  });
}

/** The chosen experts, each with its share. Throws UserError where the weights are not one for each. */
function weightsOf(
  { experts }: ExpertSet,
  letters: readonly string[],
  weights: readonly number[] | undefined,
): MergeSpec['weights'] {
  const chosen =
    letters.length > 0 ? letters.map((letter) => letter.toUpperCase()) : experts.map(({ letter }) => letter);
  if (weights !== undefined && weights.length !== chosen.length) {
    throw new UserError(
      `There are ${weights.length} weights for the experts ${chosen.join(', ')}.`,
      'Give one weight for each, separated by commas.',
    );
  }
  return chosen.map((letter, i) => ({ letter, weight: weights?.[i] ?? 1 / chosen.length }));
}
