import { Option, type Command } from 'commander';
import { printable } from '../../base/printable';
import { formatCount } from '../../base/format';
import { guideBudget } from '../../split/methods/guided/settings';
import { agreementOf } from '../../evaluate/page/agreement';
import { runDefaults } from '../../protocol/defaults';
import type { DeviceChoice } from '../../base/device';
import { UserError } from '../../base/errors';
import type { Backend } from '../../protocol/messages';
import type { Clustering, Dataset } from '../../protocol/records';
import { expertLetter } from '../../base/letter';
import { type SplitMethod, splitMethods } from '../../protocol/report';
import {
  type Embedding,
  embeddings,
  emBalances,
  emBetas,
  emStarts,
  type SplitSpec,
  splitSpec,
} from '../../protocol/run';
import { chooseK } from '../choose-k';
import { pileOf } from '../choose-split';
import { chooseDataset, type Context, type ProjectOptions, startRun, withBackend, writeJson } from '../context';
import { tellEstimate } from '../estimate';
import { deviceOption, integer, integers, modelName, positiveInteger, positiveIntegers, splitMethod } from '../options';
import { renderTable } from '../tables';

interface Options extends ProjectOptions {
  readonly k: number;
  readonly method: SplitMethod;
  readonly seed: number;
  readonly prefix?: number;
  readonly rounds?: number;
  readonly seeds?: readonly number[];
  readonly ks?: readonly number[];
  readonly literal?: boolean;
  readonly beta?: SplitSpec['beta'];
  readonly balance?: SplitSpec['balance'];
  readonly start?: SplitSpec['start'];
  readonly block?: number;
  readonly restarts?: number;
  readonly roundTokens?: number;
  readonly proxyLayers?: number;
  readonly embedding?: Embedding;
  readonly encoder?: string;
  readonly balanced?: boolean;
  readonly guide?: string;
  readonly form?: 'union' | 'grow';
  readonly microClusters?: number;
  readonly queries?: number;
  readonly guideTokens?: number;
  readonly from?: string;
  readonly experts?: string;
  readonly keep?: boolean;
  readonly divide?: string;
  readonly undoUnion?: readonly number[];
  readonly quickExperts?: number;
  readonly model?: string;
  readonly device?: DeviceChoice;
  readonly estimate?: boolean;
}

export function addSplit(program: Command, context: Context): void {
  program
    .command('split')
    .description('Split a corpus into k piles and keep the split in the project.')
    .argument(
      '[data]',
      'what `polymath import` reads, or the id of a dataset; by default the newest dataset, or the sample corpus',
    )
    .option('--k <number>', 'number of piles', positiveInteger, runDefaults.split.k)
    .addOption(
      new Option('--method <name>', 'how to split')
        .choices(splitMethods)
        .argParser(splitMethod)
        .default(runDefaults.split.method),
    )
    .option('--seed <number>', 'seed', integer, runDefaults.seed)
    .option('--seeds <list>', 'split once per seed, and tell how far these splits agree', integers)
    .option(
      '--ks <list>',
      'em, unigram: split once per k with equal training; tell which explains held-out texts best',
      positiveIntegers,
    )
    .option('--prefix <tokens>', 'em: tokens of each document that are read', positiveInteger)
    .option('--rounds <number>', 'em: how often all documents are gone through at most', positiveInteger)
    .option('--literal', 'em: the plain rule: draw inversely to the perplexity, no balance, no annealing')
    .addOption(new Option('--beta <schedule>', 'em: weight of the evidence').choices(emBetas))
    .addOption(new Option('--balance <rule>', 'em: how piles are kept from swallowing all').choices(emBalances))
    .addOption(new Option('--start <method>', 'em: what the piles begin as').choices(emStarts))
    .option(
      '--restarts <number>',
      'em: runs from differing seeds; the one with the least loss is kept',
      positiveInteger,
    )
    .option('--block <documents>', 'em: documents judged before the experts learn from them', positiveInteger)
    .option('--round-tokens <number>', 'em: tokens that an expert learns from in a round', positiveInteger)
    .option('--proxy-layers <number>', 'em: judge by the first layers of the base model only', positiveInteger)
    .addOption(
      new Option(
        '--embedding <name>',
        'kmeans: by words, hidden states of the base model, or a sentence encoder; unigram, em: sentence beside the words',
      ).choices(embeddings),
    )
    .option(
      '--encoder <model>',
      `the sentence encoder, a folder or a model of the hub; ${runDefaults.split.encoder} by default`,
      modelName,
    )
    .option('--balanced', 'kmeans: piles of one size')
    .option('--guide <guide>', 'llm: likelihood, local, or <url>#<model> of an endpoint such as Ollama’s')
    .addOption(
      new Option('--form <form>', 'llm: unite at once, or grow and merge by overlap').choices(['union', 'grow']),
    )
    .option('--micro-clusters <number>', 'llm: small clusters to begin with; 0 begins with single documents', integer)
    .option('--queries <number>', 'llm: questions at most; what they leave open goes by nearness', positiveInteger)
    .option('--guide-tokens <number>', 'llm: tokens of questions and answers at most', positiveInteger)
    .option('--from <split>', 'go on from the piles of a split: names and moved or pinned documents stay')
    .option('--experts <id>', 'em: begin with trained experts: each document with the one that predicts it best')
    .option(
      '--keep',
      'with --from: its documents stay in their piles, and only new ones are assigned; with --experts: documents stay where they begin',
    )
    .option(
      '--divide <pile>',
      'with --from: divide this pile into --k (two by default), and leave all others as they are',
    )
    .option(
      '--undo-union <numbers>',
      'with --from: take unions back, see `polymath piles --unions`; the smaller side of each is a pile of its own again',
      positiveIntegers,
    )
    .option(
      '--quick-experts <tokens>',
      'train experts of the piles, and of random ones, on so many tokens; tell how well they predict held-out documents',
      positiveInteger,
    )
    .option('--model <model>', 'base model by its name, see `polymath models`; bundled by default', modelName)
    .addOption(deviceOption())
    .option('--estimate', 'tell what it would take, and do nothing')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((data: string | undefined, options: Options, command: Command) =>
      run(data, options, context, command.getOptionValueSource('k') !== 'default'),
    );
}

async function run(data: string | undefined, options: Options, context: Context, kGiven: boolean): Promise<void> {
  await withBackend(options, true, async (backend) => {
    const { method, seeds = [options.seed], prefix, rounds, literal, model, device, from, experts, keep } = options;
    const { beta, balance, start, restarts, block, roundTokens, proxyLayers } = options;
    const { embedding, encoder, balanced, guide, form, microClusters, queries, guideTokens } = options;
    refuseContradictions(options, kGiven);
    const earlier = from === undefined ? undefined : await backend.call('clusterings/get', { clustering: from });
    const divide = divided(earlier, options);
    const set = experts === undefined ? undefined : await backend.call('experts/get', { experts });
    const k = set?.experts.length ?? numberOfPiles(earlier, options, kGiven);
    const dataset = await chooseDataset(backend, data ?? earlier?.dataset, context);
    const specOf = (seed: number, piles = k, learned = roundTokens): SplitSpec =>
      splitSpec.parse({
        kind: 'split',
        dataset: dataset.id,
        k: piles,
        method: options.undoUnion === undefined ? method : 'unigram',
        seed,
        prefix,
        rounds,
        literal,
        beta,
        balance,
        start,
        block,
        restarts,
        roundTokens: learned,
        proxyLayers,
        embedding,
        encoder,
        balanced,
        guide,
        form,
        microClusters,
        queries,
        guideTokens,
        from,
        experts,
        keep,
        divide,
        undoUnions: options.undoUnion,
        quickTokens: options.quickExperts,
        model,
        device,
      });
    if (options.estimate === true) return tellEstimate(backend, specOf(seeds[0]), options.json === true, context);
    if (options.ks !== undefined) {
      const total = k * (roundTokens ?? runDefaults.split.roundTokens);
      const specWith = (piles: number): SplitSpec =>
        specOf(seeds[0], piles, method === 'em' ? Math.ceil(total / piles) : undefined);
      return chooseK(options.ks.map(specWith), { backend, json: options.json === true, context });
    }
    if (method === 'llm') tellBudget(specOf(seeds[0]), dataset, context);
    const found: Clustering[] = [];
    for (const seed of seeds) {
      const { result } = await startRun(backend, specOf(seed), context);
      found.push(await backend.call('clusterings/get', { clustering: result ?? '' }));
    }
    context.progress.finish();
    const stability = found.length < 2 ? undefined : await stabilityOf(backend, found);
    const last = found[found.length - 1];
    if (options.json === true) return writeJson(context, { ...asJson(last), ...(stability && { stability }) });
    show(last, context);
    if (stability === undefined) return;
    const figures = `NMI ${stability.nmi.toFixed(3)}, ARI ${stability.ari.toFixed(3)}`;
    context.out.write(`${found.length} seeds agree, on average over all pairs, with ${figures}.\n`);
  });
}

/** Throws UserError where the options say two things of what the piles begin with. */
function refuseContradictions({ from, experts, divide, keep, ks, undoUnion }: Options, kGiven: boolean): void {
  if (from !== undefined && experts !== undefined) {
    throw new UserError('Piles begin with a split or with experts.', 'Leave out --from or --experts.');
  }
  if (from !== undefined && kGiven && divide === undefined) {
    throw new UserError(
      '--from takes the piles of a split as they are.',
      'Leave out --k. Piles are merged by polymath piles --merge, and divided by --divide.',
    );
  }
  if (experts !== undefined && (kGiven || ks !== undefined)) {
    throw new UserError('There is a pile for each expert.', 'Leave out --k and --ks.');
  }
  if (undoUnion !== undefined && (from === undefined || divide !== undefined)) {
    throw new UserError('--undo-union changes a split that a guide made.', 'Name it alone: --from split-…');
  }
  if (keep === true && from === undefined && experts === undefined) {
    throw new UserError(
      '--keep keeps what an earlier split or trained experts say.',
      'Name it: --from split-… or --experts experts-…',
    );
  }
}

/** The number of the pile that `--divide` names. Throws UserError where it names none. */
function divided(earlier: Clustering | undefined, { divide, keep }: Options): number | undefined {
  if (divide === undefined) return undefined;
  if (earlier === undefined) throw new UserError('--divide divides a pile of a split.', 'Name it: --from split-…');
  if (keep === true) throw new UserError('--divide leaves all other piles as they are.', 'Leave out --keep.');
  return pileOf(earlier, divide);
}

function numberOfPiles(earlier: Clustering | undefined, { k, divide }: Options, given: boolean): number {
  if (earlier === undefined) return k;
  if (divide !== undefined) return given ? k : 2;
  return earlier.piles.filter(({ size }) => size > 0).length;
}

/** Before the guide is asked anything. */
function tellBudget(spec: SplitSpec, { documents }: Dataset, { progress }: Context): void {
  const { queries, tokens } = guideBudget(spec.k, documents.train, spec);
  const { guide = runDefaults.split.guide } = spec;
  const most = `at most ${formatCount(queries)} questions and ${formatCount(tokens)} tokens`;
  progress.print(
    `Guide ${printable(guide)}: ${most} (--queries, --guide-tokens). What they leave open goes by nearness.`,
  );
}

/** Mean agreement of each pair of splits, and which these are. */
async function stabilityOf(
  backend: Backend,
  found: readonly Clustering[],
): Promise<{ splits: string[]; nmi: number; ari: number }> {
  const splits = found.map(({ id }) => id);
  const pairs = splits.flatMap((a, i) => splits.slice(i + 1).map((b) => ({ a, b })));
  const sums = { nmi: 0, ari: 0 };
  for (const pair of pairs) {
    const { nmi, ari } = agreementOf((await backend.call('clusterings/compare', pair)).counts);
    sums.nmi += nmi / pairs.length;
    sums.ari += ari / pairs.length;
  }
  return { splits, ...sums };
}

function asJson(clustering: Clustering): object {
  const { id, dataset, method, k, seed, seconds, piles, documents, rounds, outliers, settings, quality } = clustering;
  const sizes = piles.map(({ size }) => size);
  const shares = sizes.map((size) => size / documents);
  return { id, dataset, method, k, seed, seconds, sizes, shares, ...quality, piles, rounds, outliers, settings };
}

function show({ piles, documents, quality, outliers, seconds, settings }: Clustering, { out }: Context): void {
  const columns = [
    { title: 'Pile', align: 'left' as const },
    { title: 'Documents' },
    { title: 'Share' },
    { title: 'Characteristic words', align: 'left' as const },
  ];
  const rows = piles.map(({ pile, size, terms }) => ({
    cells: [
      expertLetter(pile),
      String(size),
      `${((100 * size) / documents).toFixed(1)} %`,
      terms.slice(0, 6).join(', '),
    ],
  }));
  out.write(renderTable(columns, rows, out));
  const { nmi, ari, purity } = quality;
  if (typeof nmi === 'number' && typeof ari === 'number' && typeof purity === 'number') {
    const figures = `NMI ${nmi.toFixed(3)}, ARI ${ari.toFixed(3)}, purity ${purity.toFixed(3)}`;
    out.write(`\nAgainst the gold domains: ${figures}\n`);
  }
  out.write(worthText(quality));
  out.write(guidanceText(settings));
  if (outliers > 0) out.write(`${outliers} documents fit no pile well.\n`);
  out.write(`${seconds.toFixed(1)} s. Next: polymath train\n`);
}

/** What quick experts make of held-out documents; empty where none were trained. */
function worthText({ perplexity, randomPerplexity }: Clustering['quality']): string {
  if (typeof perplexity !== 'number' || typeof randomPerplexity !== 'number') return '';
  const figures = `${perplexity.toFixed(1)}; of random piles ${randomPerplexity.toFixed(1)}`;
  return `Perplexity of held-out documents under quick experts of these piles: ${figures}.\n`;
}

/** What a guide did; empty where none was asked. */
function guidanceText({
  guide,
  queries,
  unions,
  byNearness,
  malformed,
  silent,
  ended,
}: Clustering['settings']): string {
  if (typeof guide !== 'string') return '';
  const own = Number(unions) - Number(byNearness);
  const endings: Readonly<Record<string, string>> = {
    budget: ' Its budget was spent.',
    gone: ' It stopped answering.',
    undecided: ' It had no more to say.',
  };
  const trouble = [
    Number(malformed) > 0 ? ` ${String(malformed)} answers could not be used.` : '',
    Number(silent) > 0 ? ` ${String(silent)} questions got none.` : '',
    endings[String(ended)] ?? '',
  ].join('');
  return `\nGuide: ${printable(guide)}, ${String(queries)} questions; ${own} unions by it, ${String(byNearness)} by nearness.${trouble}\n`;
}
