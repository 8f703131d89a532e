import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { TokenizedCorpus } from '../../corpus/tokenized';
import { mixtureCombine } from '../../cooperate/tokens/decode';
import { mixerToJson } from '../../cooperate/tokens/mixer';
import { compareSystems, type ComparisonSettings, type FinalExperts } from '../../evaluate/compare';
import { quickJob } from '../../evaluate/defaults';
import { makeReport } from '../../evaluate/report';
import { renderReport } from '../../evaluate/report-page';
import { Decoder } from '../../model/decoder';
import { generate } from '../../model/generate';
import type { LanguageModel } from '../../model/language-model';
import { writeWhole } from '../../protocol/files';
import type { ContinuationReport } from '../../protocol/report';
import { Project } from '../../store/project';
import { createContinuationWriter } from '../continuation';
import { type Context, openModel, readCorpus, sampleCorpus, tokenize } from '../context';
import { integers, numberBetween, positiveInteger } from '../options';
import { renderSummary } from '../tables';
import { version } from '../../protocol/version';
import { projectSplit } from './split';

interface Options {
  readonly data?: string;
  readonly k: number;
  readonly seeds: number[];
  readonly tokens: number;
  readonly documents: number;
  readonly testDocuments: number;
  readonly prefix: number;
  readonly rounds: number;
  readonly emTokens: number;
  readonly learningRate: number;
  readonly model?: string;
  readonly project: string;
  readonly json?: boolean;
}

export function addRun(program: Command, context: Context): void {
  const { k, seeds, tokensPerSystem, documents, em, training } = quickJob;
  program
    .command('run')
    .description('The whole job: split, train one expert per pile, mix, compare with the controls, and report.')
    .option(
      '--data <path>',
      'JSONL file, or folder with train.jsonl, validation.jsonl and test.jsonl; the sample corpus by default',
    )
    .option('--k <number>', 'number of piles', positiveInteger, k)
    .option('--seeds <list>', 'seeds, separated by commas', integers, seeds)
    .option(
      '--tokens <number>',
      'training tokens of every system, all its experts together',
      positiveInteger,
      tokensPerSystem,
    )
    .option('--documents <number>', 'training documents at most', positiveInteger, documents.train)
    .option('--test-documents <number>', 'test documents at most', positiveInteger, documents.test)
    .option('--prefix <tokens>', 'tokens of each document that decide its pile', positiveInteger, em.prefix)
    .option(
      '--em-tokens <number>',
      'tokens that each expert learns from in a round',
      positiveInteger,
      em.tokensPerRound,
    )
    .option('--rounds <number>', 'rounds of the perplexity method', positiveInteger, em.rounds)
    .option(
      '--learning-rate <number>',
      'peak learning rate of the experts',
      numberBetween(1e-7, 1),
      training.learningRate,
    )
    .option('--model <folder>', 'base model; the bundled one by default')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the report as JSON')
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: Context): Promise<void> {
  const started = performance.now();
  const { corpus: whole, rejected } = await readCorpus(options.data, context);
  const limits = { train: options.documents, validation: quickJob.documents.validation, test: options.testDocuments };
  const model = await openModel(options.model);
  const corpus = await tokenize(sampleCorpus(whole, limits), model, context);
  const settings = comparisonSettings(options);
  const { outcomes, final } = await compareSystems(model, corpus, settings, context.watch);
  const project = await saveProject(options, corpus, model, final);
  context.progress.finish();

  const continuation = await continueSample(model, final, corpus, options, context);
  const notes = notesOn(whole.train.length, corpus);
  const seconds = (performance.now() - started) / 1000;
  const report = makeReport({ version, model, corpus, rejected, settings, outcomes, seconds, continuation, notes });
  const files = ['report.json', 'report.html'].map((name) => resolve(project.folder, name));
  await writeWhole(files[0], `${JSON.stringify(report, undefined, 2)}\n`);
  await writeWhole(files[1], renderReport(report));
  if (options.json === true) {
    context.out.write(`${JSON.stringify(report, undefined, 2)}\n`);
    return;
  }
  context.out.write(`\n${renderSummary(report, context.out)}\n${files.join('\n')}\n`);
}

// What all experts learn before they part, in rounds of one expert.
const commonShare = 2.5;

function comparisonSettings({ k, seeds, tokens, prefix, rounds, emTokens, learningRate }: Options): ComparisonSettings {
  return {
    k,
    seeds,
    tokensPerSystem: tokens,
    training: { ...quickJob.training, learningRate },
    em: { ...quickJob.em, prefix, rounds, tokensPerRound: emTokens, commonTokens: commonShare * emTokens },
  };
}

/** Keeps split, experts and mixer, so that `ask` and `evaluate` go on from here. */
async function saveProject(
  { data, project: folder }: Options,
  corpus: TokenizedCorpus,
  model: LanguageModel,
  { split, stack, shares, mixer }: FinalExperts,
): Promise<Project> {
  const project = new Project(folder);
  await mkdir(folder, { recursive: true });
  await project.saveSplit(projectSplit(split, data, 'em', corpus.train));
  const names = split.piles.map(({ name }) => name);
  const id = await project.saveExperts(stack, { baseModel: model.name, names, shares: [...shares] });
  await project.saveMixer(id, mixerToJson(mixer));
  return project;
}

const promptWords = 12;

/** The mixture's continuation of the beginning of a test document, shown while it is made. */
async function continueSample(
  model: LanguageModel,
  { split, stack, mixer }: FinalExperts,
  corpus: TokenizedCorpus,
  { json, seeds }: Options,
  { out, watch }: Context,
): Promise<ContinuationReport> {
  const prompt = corpus.test[0].text.split(/\s+/).slice(0, promptWords).join(' ');
  const experts = split.piles.map(({ name }) => name);
  const writer = createContinuationWriter(out);
  if (json !== true) {
    writer.legend(experts);
    writer.prompt(prompt);
  }
  const decoder = await Decoder.create(model, stack);
  const settings = { maxTokens: 60, stop: [], seed: seeds[0], temperature: 0.8, topP: 0.95 };
  const tokens: ContinuationReport['tokens'] = [];
  const prompted = model.tokenizer.encode(prompt);
  for await (const piece of generate(decoder, model.tokenizer, prompted, settings, mixtureCombine(mixer))) {
    watch.signal.throwIfAborted();
    const expert = piece.weights.indexOf(Math.max(...piece.weights));
    tokens.push({ text: piece.text, expert, weights: [...piece.weights] });
    if (json !== true) writer.push(piece.text, expert);
  }
  if (json !== true) writer.end();
  return { prompt, experts, tokens };
}

function notesOn(documents: number, { train }: TokenizedCorpus): string[] {
  if (train.length === documents) return [];
  const part = `${train.length} of ${documents} training documents, drawn at random`;
  return [`${part}; raise --documents and --tokens for firmer figures.`];
}
