import type { Command } from 'commander';
import { trainingDefaults } from '../../evaluate/defaults';
import { runDefaults } from '../../protocol/defaults';
import type { DeviceChoice } from '../../base/device';
import { trainSpec } from '../../protocol/run';
import { type Context, type ProjectOptions, startRun, withBackend, writeJson } from '../context';
import { tellEstimate } from '../estimate';
import { newestClustering } from '../newest';
import { deviceOption, integer, modelName, numberBetween, positiveInteger } from '../options';

interface Options extends ProjectOptions {
  readonly split?: string;
  readonly tokens: number;
  readonly rank: number;
  readonly layers?: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly model?: string;
  readonly device?: DeviceChoice;
  readonly estimate?: boolean;
}

export function addTrain(program: Command, context: Context): void {
  const { tokensPerSystem, training } = trainingDefaults;
  program
    .command('train')
    .description("Train one expert per pile of the project's split.")
    .option('--split <id>', 'split whose piles are learned; the newest by default')
    .option('--tokens <number>', 'training tokens of all experts together', positiveInteger, tokensPerSystem)
    .option('--rank <number>', 'rank of the LoRA adapters', positiveInteger, training.lora.rank)
    .option(
      '--layers <number>',
      'adapt only the last so many layers: faster, as those below run once per text; all by default',
      positiveInteger,
    )
    .option('--learning-rate <number>', 'peak learning rate', numberBetween(1e-7, 1), training.learningRate)
    .option('--seed <number>', 'seed', integer, runDefaults.seed)
    .option('--model <model>', 'base model by its name, see `polymath models`; bundled by default', modelName)
    .addOption(deviceOption())
    .option('--estimate', 'tell what it would take, and do nothing')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: Context): Promise<void> {
  await withBackend(options, false, async (backend) => {
    const clustering = await newestClustering(backend, options.split);
    const { tokens, rank, layers, learningRate, seed, model, device } = options;
    const spec = trainSpec.parse({
      kind: 'train',
      clustering: clustering.id,
      tokens,
      rank,
      layers,
      learningRate,
      seed,
      model,
      device,
    });
    if (options.estimate === true) return tellEstimate(backend, spec, options.json === true, context);
    const { result } = await startRun(backend, spec, context);
    const trained = await backend.call('experts/get', { experts: result ?? '' });
    context.progress.finish();
    const experts = trained.experts.map(({ letter, name, loss }) => ({ expert: letter, name, loss }));
    if (options.json === true) return writeJson(context, { id: trained.id, tokens: trained.tokens, experts });
    for (const { expert, name, loss } of experts) {
      const figure = loss === undefined ? 'no documents' : `${loss.toFixed(2)} nats per token`;
      context.out.write(`${expert}  ${figure}  ${name}\n`);
    }
    context.out.write('Next: polymath mix\n');
  });
}
