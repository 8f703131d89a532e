import type { Command } from 'commander';
import { mixerFromJson } from '../../cooperate/tokens/mixer';
import { scoreExperts, scoreMixture, scoreSingle } from '../../evaluate/perplexity';
import { aggregatePerplexity, type DocumentScore, pairedBootstrap } from '../../evaluate/statistics';
import { expertLetter } from '../../protocol/report';
import { Project } from '../../store/project';
import { type Context, openModel, readCorpus, tokenize } from '../context';
import { positiveInteger } from '../options';
import { renderTable } from '../tables';

interface Options {
  readonly documents?: number;
  readonly model?: string;
  readonly project: string;
  readonly json?: boolean;
}

export function addEvaluate(program: Command, context: Context): void {
  program
    .command('evaluate')
    .description("Perplexity of base model, experts and mixture on the corpus's test documents.")
    .argument('[data]', "JSONL file or folder; the split's own corpus by default")
    .option('--documents <number>', 'test documents at most', positiveInteger)
    .option('--model <folder>', 'base model; the bundled one by default')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((data: string | undefined, options: Options) => run(data, options, context));
}

async function run(data: string | undefined, options: Options, context: Context): Promise<void> {
  const project = new Project(options.project);
  const source = data ?? (await project.split()).data;
  const model = await openModel(options.model);
  const { stack, names, shares, id } = await project.experts(model.config);
  const mixer = mixerFromJson(await project.mixer(id));
  const { corpus } = await readCorpus(source, context);
  const { test } = await tokenize(
    { ...corpus, train: [], validation: [], test: corpus.test.slice(0, options.documents) },
    model,
    context,
  );

  const progress = (stage: string): ((count: number) => void) => {
    let done = 0;
    return (count) => {
      context.watch.signal.throwIfAborted();
      done += count;
      context.watch.report({ stage, done, total: Math.max(done, test.length), unit: 'texts' });
    };
  };
  const base = await scoreSingle(model, test, undefined, progress('Scoring the base model'));
  const experts = await scoreExperts(model, test, stack, shares, progress('Scoring the experts'));
  const mixture = await scoreMixture(model, test, stack, mixer, progress('Scoring the mixture'));
  context.progress.finish();

  const systems: [string, readonly DocumentScore[]][] = [
    ['Base model', base],
    ...experts.single.map((scores, e): [string, readonly DocumentScore[]] => [
      `Expert ${expertLetter(e)} ${names[e]}`,
      scores,
    ]),
    ['Routed: one expert at a time', experts.routed],
    ['Mixture', mixture.scores],
  ];
  const results = systems.map(([name, scores]) => ({
    name,
    ...aggregatePerplexity(scores),
    difference: pairedBootstrap(scores, base),
  }));
  if (options.json === true) {
    context.out.write(`${JSON.stringify({ documents: test.length, systems: results }, undefined, 2)}\n`);
    return;
  }
  const columns = [
    { title: 'System', align: 'left' as const },
    { title: 'Perplexity' },
    { title: 'Bits per byte' },
    { title: 'Against the base, nats per token' },
  ];
  const rows = results.map(({ name, macro, bitsPerByte, difference: { deltaNats, lo, hi } }) => ({
    cells: [
      name,
      macro.toFixed(2),
      bitsPerByte.toFixed(3),
      name === 'Base model' ? '' : `${deltaNats.toFixed(3)} (${lo.toFixed(3)} to ${hi.toFixed(3)})`,
    ],
    lead: name === 'Mixture',
  }));
  context.out.write(renderTable(columns, rows, context.out));
}
