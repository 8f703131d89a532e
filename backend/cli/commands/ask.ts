import type { Command } from 'commander';
import { mixtureCombine, uniformCombine } from '../../cooperate/tokens/decode';
import { mixerFromJson } from '../../cooperate/tokens/mixer';
import { Decoder } from '../../model/decoder';
import { type Combine, defaultGeneration, generate, type GenerationSettings, single } from '../../model/generate';
import type { LanguageModel } from '../../model/language-model';
import { UserError } from '../../protocol/errors';
import { expertLetter } from '../../protocol/report';
import { Project } from '../../store/project';
import { createContinuationWriter } from '../continuation';
import { type Context, openModel } from '../context';
import { gather, integer, numberBetween, positiveInteger } from '../options';

interface Options extends Omit<GenerationSettings, 'stop'> {
  readonly stop: string[];
  readonly expert?: string;
  readonly uniform?: boolean;
  readonly model?: string;
  readonly project: string;
  readonly json?: boolean;
}

export function addAsk(program: Command, context: Context): void {
  const { maxTokens, temperature, topP, seed } = defaultGeneration;
  program
    .command('ask')
    .description('Continue a prompt with the mixture, coloured and lettered by the expert that leads each token.')
    .argument('<prompt>', 'the text to continue')
    .option('--expert <letter>', 'ask one expert alone (A, B, …), or "base" for the base model')
    .option('--uniform', 'give every expert the same say instead of asking the mixer')
    .option('--max-tokens <number>', 'tokens at most', positiveInteger, maxTokens)
    .option('--temperature <number>', '0 takes the most probable token', numberBetween(0, 10), temperature)
    .option(
      '--top-p <number>',
      'draw only from the most probable tokens that reach this probability',
      numberBetween(0.01, 1),
      topP,
    )
    .option('--stop <text>', 'stop before this text (may be given several times)', gather, [])
    .option('--seed <number>', 'seed: the same seed gives the same text', integer, seed)
    .option('--model <folder>', 'base model; the bundled one by default')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print tokens and weights as JSON')
    .action((prompt: string, options: Options) => run(prompt, options, context));
}

interface Speaker {
  readonly decoder: Decoder;
  readonly combine: Combine;
  /** Names and letters' indices of the experts whose weights the combination gives. */
  readonly experts: readonly { readonly index: number; readonly name: string }[];
}

async function run(prompt: string, options: Options, context: Context): Promise<void> {
  const model = await openModel(options.model);
  const { decoder, combine, experts } = await speaker(model, options);
  const tokens = model.tokenizer.encode(prompt);
  if (tokens.length >= decoder.room) {
    const limit = model.config.maxPositions;
    throw new UserError(`The prompt has ${tokens.length} tokens, and the model reads at most ${limit}.`, 'Shorten it.');
  }
  const writer = createContinuationWriter(context.out);
  const pieces: { text: string; expert: string; weights: number[] }[] = [];
  if (options.json !== true) {
    writer.legend(legendNames(experts));
    writer.prompt(prompt);
  }
  for await (const { text, weights } of generate(decoder, model.tokenizer, tokens, options, combine)) {
    context.watch.signal.throwIfAborted();
    const leader = experts[weights.indexOf(Math.max(...weights))];
    pieces.push({ text, expert: leader.name, weights: [...weights] });
    if (options.json !== true) writer.push(text, leader.index);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (options.json !== true) writer.end();
  else {
    const text = pieces.map((piece) => piece.text).join('');
    context.out.write(
      `${JSON.stringify({ prompt, text, experts: experts.map(({ name }) => name), tokens: pieces }, undefined, 2)}\n`,
    );
  }
}

function legendNames(experts: Speaker['experts']): string[] {
  const names = experts.map(({ name }) => name);
  return experts.length === 1 ? [] : names;
}

async function speaker(model: LanguageModel, options: Options): Promise<Speaker> {
  if (options.expert === 'base') {
    return { decoder: await Decoder.create(model), combine: single, experts: [{ index: 0, name: 'base' }] };
  }
  const project = new Project(options.project);
  const { stack, names, id } = await project.experts(model.config);
  const all = names.map((name, index) => ({ index, name }));
  if (options.expert !== undefined) {
    const wanted = options.expert.toUpperCase();
    const chosen = all.find(({ index }) => expertLetter(index) === wanted);
    if (chosen === undefined) {
      const letters = all.map(({ index }) => expertLetter(index)).join(', ');
      throw new UserError(
        `There is no expert ${options.expert}.`,
        `The experts are ${letters}; "base" is the base model.`,
      );
    }
    return { decoder: await Decoder.create(model, stack.part(chosen.index, 1)), combine: single, experts: [chosen] };
  }
  const decoder = await Decoder.create(model, stack);
  if (options.uniform === true) return { decoder, combine: uniformCombine(stack.count), experts: all };
  return { decoder, combine: mixtureCombine(mixerFromJson(await project.mixer(id))), experts: all };
}
