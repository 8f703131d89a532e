import { Option, type Command } from 'commander';
import { balanceOf } from '../../cluster/quality';
import { splitBy, type SplitResult } from '../../cluster/split-by';
import { literalPerplexityEm } from '../../cluster/perplexity-settings';
import { splitFigures } from '../../evaluate/report';
import { expertLetter, type SplitMethod, splitMethods } from '../../protocol/report';
import { Project, type ProjectSplit } from '../../store/project';
import { type Context, openModel, readCorpus, tokenize } from '../context';
import { integer, positiveInteger, splitMethod } from '../options';
import { renderTable } from '../tables';

interface Options {
  readonly k: number;
  readonly method: SplitMethod;
  readonly seed: number;
  readonly prefix?: number;
  readonly rounds?: number;
  readonly literal?: boolean;
  readonly model?: string;
  readonly project: string;
  readonly json?: boolean;
}

export function addSplit(program: Command, context: Context): void {
  program
    .command('split')
    .description('Split a corpus into k piles and keep the split in the project.')
    .argument(
      '[data]',
      'JSONL file, or folder with train.jsonl, validation.jsonl and test.jsonl; the sample corpus by default',
    )
    .option('--k <number>', 'number of piles', positiveInteger, 6)
    .addOption(new Option('--method <name>', 'how to split').choices(splitMethods).argParser(splitMethod).default('em'))
    .option('--seed <number>', 'seed', integer, 1)
    .option('--prefix <tokens>', 'em: tokens of each document that are read', positiveInteger)
    .option('--rounds <number>', 'em: how often all documents are gone through', positiveInteger)
    .option('--literal', 'em: the plain rule: draw inversely to the perplexity, no balance, no annealing')
    .option('--model <folder>', 'base model; the bundled one by default')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((data: string | undefined, options: Options) => run(data, options, context));
}

async function run(data: string | undefined, options: Options, context: Context): Promise<void> {
  const { method, k, seed, prefix, rounds, literal } = options;
  const { corpus } = await readCorpus(data, context);
  const model = await openModel(options.model);
  const tokenized = await tokenize(corpus, model, context);
  const em = {
    ...(literal === true ? literalPerplexityEm : {}),
    ...(prefix === undefined ? {} : { prefix }),
    ...(rounds === undefined ? {} : { rounds }),
  };
  const split = await splitBy(method, model, tokenized, { k, seed, em }, context.watch);
  const project = new Project(options.project);
  await project.saveSplit(projectSplit(split, data, method, tokenized.train));
  context.progress.finish();
  const figures = splitFigures(split, tokenized.train);
  if (options.json === true) context.out.write(`${JSON.stringify(asJson(split, figures, method), undefined, 2)}\n`);
  else show(split, figures, context);
}

/** The split as the project keeps it. */
export function projectSplit(
  split: SplitResult,
  data: string | undefined,
  method: SplitMethod,
  documents: readonly { readonly id: string }[],
): ProjectSplit {
  return {
    ...(data === undefined ? {} : { data }),
    method,
    k: split.k,
    seed: split.seed,
    piles: split.piles.map((pile) => ({ ...pile, terms: [...pile.terms] })),
    assignments: Object.fromEntries(documents.map(({ id }, d) => [id, split.assignments[d]])),
  };
}

type Figures = ReturnType<typeof splitFigures>;

function asJson(split: SplitResult, figures: Figures, method: SplitMethod): unknown {
  const { sizes, entropy, dead } = balanceOf(split.assignments, split.k);
  const { nmi, ari, purity } = figures;
  return {
    method,
    k: split.k,
    seed: split.seed,
    seconds: split.seconds,
    sizes,
    shares: sizes.map((size) => size / split.assignments.length),
    balance: entropy,
    dead,
    ...(nmi === undefined ? {} : { nmi, ari, purity }),
    piles: split.piles,
    rounds: split.rounds ?? [],
    outliers: split.outliers?.length ?? 0,
    settings: split.settings,
  };
}

function show(split: SplitResult, { nmi, ari, purity }: Figures, { out }: Context): void {
  const columns = [
    { title: 'Pile', align: 'left' as const },
    { title: 'Documents' },
    { title: 'Share' },
    { title: 'Characteristic words', align: 'left' as const },
  ];
  const rows = split.piles.map(({ size, terms }, e) => ({
    cells: [
      expertLetter(e),
      String(size),
      `${((100 * size) / split.assignments.length).toFixed(1)} %`,
      terms.slice(0, 6).join(', '),
    ],
  }));
  out.write(renderTable(columns, rows, out));
  if (nmi !== undefined && ari !== undefined && purity !== undefined) {
    out.write(
      `\nAgainst the gold domains: NMI ${nmi.toFixed(3)}, ARI ${ari.toFixed(3)}, purity ${purity.toFixed(3)}\n`,
    );
  }
  const outliers = split.outliers?.length ?? 0;
  if (outliers > 0) out.write(`${outliers} documents fit no pile well.\n`);
  out.write(`${split.seconds.toFixed(1)} s. Next: polymath train\n`);
}
