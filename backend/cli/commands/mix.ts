import type { Command } from 'commander';
import { defaultMixer, mixerToJson, trainMixer } from '../../cooperate/tokens/mixer';
import { mixerContext } from '../../evaluate/systems';
import { windows } from '../../model/score';
import { Project } from '../../store/project';
import { type Context, openModel } from '../context';
import { integer } from '../options';
import { splitDocuments } from './train';

interface Options {
  readonly seed: number;
  readonly model?: string;
  readonly project: string;
  readonly json?: boolean;
}

export function addMix(program: Command, context: Context): void {
  program
    .command('mix')
    .description("Train the mixer that weighs the project's experts token by token.")
    .option('--seed <number>', 'seed', integer, 1)
    .option('--model <folder>', 'base model; the bundled one by default')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: Context): Promise<void> {
  const project = new Project(options.project);
  const split = await project.split();
  const model = await openModel(options.model);
  const experts = await project.experts(model.config);
  const { corpus, assignments } = await splitDocuments(split, model, context);
  const first = ({ tokens }: { tokens: Int32Array }): Int32Array => windows(tokens, mixerContext)[0] ?? tokens;
  const { mixer, fitted } = await trainMixer(
    model,
    experts.stack,
    { documents: corpus.train.map(first), piles: assignments },
    corpus.validation.map(first),
    { ...defaultMixer, seed: options.seed },
    context.watch,
  );
  await project.saveMixer(experts.id, mixerToJson(mixer));
  context.progress.finish();
  const { temperature, smoothing } = mixer;
  if (options.json === true) {
    context.out.write(`${JSON.stringify({ temperature, smoothing, validation: fitted }, undefined, 2)}\n`);
    return;
  }
  const best = Math.min(...fitted.map(({ nll }) => nll));
  const kind = smoothing === 'token' ? 'each token' : 'the mean over the prefix';
  context.out.write(
    `Mixer of ${mixer.probes.length} experts, weights from ${kind}, temperature ${temperature.toFixed(2)}; `,
  );
  context.out.write(`${best.toFixed(3)} nats per token on validation.\nNext: polymath ask "Once upon a time"\n`);
}
