import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { quickJob } from '../../evaluate/defaults';
import type { DeviceChoice } from '../../base/device';
import { parseReport, type ContinuationReport } from '../../protocol/report';
import { compareSpec } from '../../protocol/run';
import { createContinuationWriter } from '../continuation';
import { chooseDataset, type Context, type ProjectOptions, startRun, withBackend, writeJson } from '../context';
import { tellEstimate } from '../estimate';
import { deviceOption, integers, modelName, numberBetween, positiveInteger } from '../options';
import { renderSummary } from '../tables';

interface Options extends ProjectOptions {
  readonly data: string;
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
  readonly device?: DeviceChoice;
  readonly estimate?: boolean;
}

export function addRun(program: Command, context: Context): void {
  const { k, seeds, tokensPerSystem, documents, em, training } = quickJob;
  program
    .command('run')
    .description('The whole job: split, train one expert per pile, mix, compare with the controls, and report.')
    .option('--data <path>', 'what `polymath import` reads, or the id of a dataset', 'sample')
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
    .option('--model <model>', 'base model by its name, see `polymath models`; bundled by default', modelName)
    .addOption(deviceOption())
    .option('--estimate', 'tell what it would take, and do nothing')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the report as JSON')
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: Context): Promise<void> {
  await withBackend(options, true, async (backend) => {
    const dataset = await chooseDataset(backend, options.data, context);
    const { k, seeds, tokens, prefix, rounds, emTokens, learningRate, model, device } = options;
    const sizes = { train: options.documents, validation: quickJob.documents.validation, test: options.testDocuments };
    const settings = { k, seeds, tokens, prefix, rounds, emTokens, learningRate, model, device };
    const spec = compareSpec.parse({ kind: 'compare', dataset: dataset.id, ...sizes, ...settings });
    if (options.estimate === true) return tellEstimate(backend, spec, options.json === true, context);
    const { result } = await startRun(backend, spec, context);
    const evaluation = await backend.call('evaluations/get', { evaluation: result ?? '' });
    const report = parseReport(evaluation.result);
    context.progress.finish();
    if (options.json === true) return writeJson(context, report);
    if (report.continuation !== undefined) show(report.continuation, context);
    const files = ['report.json', 'report.html'].map((name) => join(resolve(options.project), name));
    context.out.write(`\n${renderSummary(report, context.out)}\n${files.join('\n')}\n`);
  });
}

function show({ prompt, experts = [], tokens }: ContinuationReport, { out }: Context): void {
  const writer = createContinuationWriter(out);
  writer.legend(experts);
  writer.prompt(prompt);
  for (const { text, expert } of tokens) writer.push(text, expert);
  writer.end();
}
