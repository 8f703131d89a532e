import type { Command } from 'commander';
import { trainingDefaults } from '../../evaluate/defaults';
import type { LanguageModel } from '../../model/language-model';
import { UserError } from '../../protocol/errors';
import { expertLetter } from '../../protocol/report';
import { Project, type ProjectSplit } from '../../store/project';
import { branchExperts } from '../../train/trainer';
import { type Context, openModel, readCorpus, tokenize } from '../context';
import type { TokenizedCorpus } from '../../corpus/tokenized';
import { integer, numberBetween, positiveInteger } from '../options';

interface Options {
  readonly tokens: number;
  readonly rank: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly model?: string;
  readonly project: string;
  readonly json?: boolean;
}

export function addTrain(program: Command, context: Context): void {
  const { tokensPerSystem, training } = trainingDefaults;
  program
    .command('train')
    .description("Train one expert per pile of the project's split.")
    .option('--tokens <number>', 'training tokens of all experts together', positiveInteger, tokensPerSystem)
    .option('--rank <number>', 'rank of the LoRA adapters', positiveInteger, training.lora.rank)
    .option('--learning-rate <number>', 'peak learning rate', numberBetween(1e-7, 1), training.learningRate)
    .option('--seed <number>', 'seed', integer, 1)
    .option('--model <folder>', 'base model; the bundled one by default')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((options: Options) => run(options, context));
}

/** The split of a project with its documents; throws UserError where the corpus has changed since. */
export async function splitDocuments(
  split: ProjectSplit,
  model: LanguageModel,
  context: Context,
): Promise<{ corpus: TokenizedCorpus; assignments: Int32Array }> {
  const { corpus } = await readCorpus(split.data, context);
  const train = corpus.train.filter(({ id }) => id in split.assignments);
  const missing = Object.keys(split.assignments).length - train.length;
  if (missing > 0) {
    throw new UserError(
      `${missing} documents of the split are not in ${split.data ?? 'the sample corpus'} any more.`,
      'Split the corpus again: polymath split.',
    );
  }
  const tokenized = await tokenize({ ...corpus, train }, model, context);
  return { corpus: tokenized, assignments: Int32Array.from(train, ({ id }) => split.assignments[id]) };
}

async function run(options: Options, context: Context): Promise<void> {
  const project = new Project(options.project);
  const split = await project.split();
  const model = await openModel(options.model);
  const { corpus, assignments } = await splitDocuments(split, model, context);
  const piles = split.piles.map((_, e) => corpus.train.filter((_d, d) => assignments[d] === e).map((d) => d.tokens));
  const { rank, learningRate, seed } = options;
  const lora = { ...trainingDefaults.training.lora, rank, alpha: 2 * rank };
  const settings = { ...trainingDefaults.training, lora, learningRate, seed };
  const result = await branchExperts(model, piles, options.tokens, settings, context.watch);
  const names = split.piles.map(({ name }) => name);
  const shares = piles.map((pile) => pile.length / corpus.train.length);
  await project.saveExperts(result.stack, { baseModel: model.name, names, shares });
  context.progress.finish();
  const experts = names.map((name, e) => ({ expert: expertLetter(e), name, loss: result.losses[e] }));
  if (options.json === true) {
    context.out.write(`${JSON.stringify({ tokens: result.tokens, experts }, undefined, 2)}\n`);
    return;
  }
  for (const { expert, name, loss } of experts)
    context.out.write(`${expert}  ${loss.toFixed(2)} nats per token  ${name}\n`);
  context.out.write('Next: polymath mix\n');
}
