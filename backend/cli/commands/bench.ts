import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Form } from '../../base/settings';
import { kSetting } from '../../kinds/split/spec';
import { UserError } from '../../base/errors';
import { exists } from '../../base/files';
import { emSettings } from '../../split/methods/em/settings';
import { ablate, type AblationSettings } from '../ablation';
import { chooseDataset, type Context, type ProjectOptions, withBackend } from '../context';
import {
  deviceOption,
  integers,
  modelName,
  oneOfEach,
  positiveInteger,
  positiveIntegers,
  wholeNumbers,
} from '../options';

type Options = ProjectOptions & AblationSettings;

const valuesOf = <C extends string>({ form }: { readonly form: Form<C> }): C[] =>
  form.type === 'choice' ? (Object.keys(form.choices) as C[]) : [];
const [emStarts, emBetas, emBalances] = [
  valuesOf(emSettings.start),
  valuesOf(emSettings.beta),
  valuesOf(emSettings.balance),
];

export function addBench(program: Command, context: Context): void {
  program
    .command('bench')
    .description('Measure what the parts of a method are worth on a corpus.')
    .command('splitting')
    .description('Split a corpus by every combination of the parts of perplexity EM that are listed, once per seed.')
    .argument('[data]', 'what `polymath import` reads, or the id of a dataset; by default the newest of the project')
    .option('--k <number>', 'number of piles', positiveInteger, kSetting.default)
    .option('--seeds <list>', 'seeds of every combination', integers, [1, 2, 3])
    .option('--start <list>', `what the piles begin as: ${emStarts.join(', ')}`, oneOfEach(emStarts), ['unigram'])
    .option('--beta <list>', `weight of the evidence: ${emBetas.join(', ')}`, oneOfEach(emBetas), ['annealed'])
    .option('--balance <list>', `how piles are balanced: ${emBalances.join(', ')}`, oneOfEach(emBalances), ['capacity'])
    .option('--prefix <list>', 'tokens of each document that are read', positiveIntegers, [emSettings.prefix.default])
    .option('--proxy-layers <list>', 'layers of the base model that judge; 0 is all', wholeNumbers, [0])
    .option('--rounds <number>', 'how often all documents are gone through at most', positiveInteger)
    .option('--tokens-per-round <number>', 'tokens that an expert learns from in a round', positiveInteger)
    .option('--quick-experts <tokens>', 'perplexity after training experts of the piles on so many', positiveInteger)
    .option('--no-controls', 'without random, k-means, unigram and gold splits beside them')
    .option('--model <model>', 'base model by its name; bundled by default', modelName)
    .addOption(deviceOption())
    .option('--to <file>', 'write the table as Markdown, too; whatever was there is replaced')
    .option('--project <folder>', 'project folder; splits that are in it already are not made again', '.polymath-bench')
    .option('--json', 'print the result as JSON')
    .action((data: string | undefined, options: Options) => run(data, options, context));
}

/** Refused before the first split, not after the last one. */
async function requireFolder(folder: string): Promise<void> {
  if (await exists(folder)) return;
  throw new UserError(`There is no folder ${folder} for the table.`, 'Make it, or name another one: --to');
}

async function run(data: string | undefined, options: Options, context: Context): Promise<void> {
  await withBackend(options, true, async (backend) => {
    if (options.to !== undefined) await requireFolder(dirname(options.to));
    const dataset = await chooseDataset(backend, data, context);
    await ablate(backend, dataset, options, context);
  });
}
