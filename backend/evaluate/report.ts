/** Makes the report of a comparison. */
import { decimal, formatNumber } from '../base/format';
import { cpus } from 'node:os';
import { balanceOf, contingency, qualityOf } from '../split/describe/quality';
import type { SplitResult } from '../split/result';
import type { TokenizedCorpus, TokenizedDocument } from '../corpus/tokenized';
import type { LanguageModel } from '../model/language-model';
import {
  type Comparison,
  type ContinuationReport,
  type MixerReport,
  parseReport,
  type PerplexityReport,
  type Report,
  type SplitReport,
} from '../protocol/report';
import { weightingNamed, weightings } from '../mixing/weightings';
import { type ComparedSplit, type ComparedSystem, isOfPiles, mainOf } from './plan';
import type { ComparisonSettings, SeedOutcome } from './compare';
import { meanRouting } from './routing';
import { macroInterval, pairedBootstrap, type SeedScores, toldOfIntervals } from './intervals';
import { aggregatePerplexity, averageSeeds, type DocumentScore } from './statistics';

export interface ReportInput {
  readonly version: string;
  readonly model: LanguageModel;
  readonly corpus: TokenizedCorpus;
  readonly rejected: number;
  readonly settings: ComparisonSettings;
  readonly outcomes: readonly SeedOutcome[];
  readonly seconds: number;
  /** Memory of all processes. */
  readonly peakMiB: number;
  readonly continuation?: ContinuationReport;
  readonly notes?: readonly string[];
  /** What the names of the plan's weightings are looked up in. */
  readonly entries?: typeof weightings;
}

/** The report of all seeds: figures are means over seeds, pictures show the last one. */
export function makeReport(input: ReportInput): Report {
  const { model, corpus, settings, outcomes, continuation, notes = [], entries = weightings } = input;
  const { systems, splits } = settings.plan;
  const main = mainOf(settings.plan);
  const scores = scoresOf(systems, outcomes);
  const domains = goldDomains(corpus.train);
  return parseReport({
    polymath: input.version,
    created: new Date().toISOString(),
    seconds: input.seconds,
    peakMiB: input.peakMiB,
    machine: machine(),
    seeds: [...settings.seeds],
    model: { name: model.name, parameters: model.size, vocabulary: model.config.vocabularySize },
    corpus: { name: corpus.name, ...sizes(corpus), domains, rejected: input.rejected },
    budget: {
      tokensPerSystem: settings.tokensPerSystem,
      ...(settings.matched === 'expert' && { matched: settings.matched }),
      experts: settings.k,
      prefixTokens: settings.em.prefix,
      training: describeTraining(settings.training),
    },
    splits: Object.fromEntries(splits.map((split) => [split.id, splitReport(split, outcomes, corpus.train)])),
    systems: systems.map(({ experts: _, ...system }) => system),
    perplexity: perplexities(systems, scores, entries),
    comparisons: comparisons(systems, scores),
    mixer: mixerReport(main.id, outcomes),
    ...specialisation(outcomes[outcomes.length - 1], main.split, domains),
    ...(continuation === undefined ? {} : { continuation }),
    notes: [...notes, ...toldOfIntervals(scores.get(main.id) ?? [])],
  });
}

function describeTraining({ expert, learningRate, seedShare }: ComparisonSettings['training']): string {
  const share = `${Math.round(100 * seedShare)} % of the tokens before the experts branch`;
  const where = (layers?: number): string =>
    layers === undefined ? '' : ` of the last ${formatNumber(layers, 'layer')}`;
  const trained =
    expert === 'full' ? 'all weights' : `LoRA r = ${expert.rank} on every projection${where(expert.layers)}`;
  return `${trained}, learning rate ${decimal(learningRate)}, ${share}`;
}

function machine(): Report['machine'] {
  const processors = cpus();
  const cpu = processors.length > 0 ? processors[0].model : 'unknown';
  return { cores: processors.length, cpu, node: process.version, platform: `${process.platform} ${process.arch}` };
}

function sizes(corpus: TokenizedCorpus): Pick<Report['corpus'], 'documents' | 'tokens'> {
  const tokens = (part: readonly TokenizedDocument[]): number => part.reduce((sum, d) => sum + d.tokens.length - 1, 0);
  const { train, validation, test } = corpus;
  return {
    documents: { train: train.length, validation: validation.length, test: test.length },
    tokens: { train: tokens(train), validation: tokens(validation), test: tokens(test) },
  };
}

/** The gold domains where every document has one. */
export function goldDomains(documents: readonly TokenizedDocument[]): string[] {
  const domains = documents.flatMap(({ domain }) => (domain === undefined ? [] : [domain]));
  return domains.length === documents.length ? [...new Set(domains)].sort() : [];
}

/** Quality figures of one split, where there are gold domains to compare with. */
export function splitFigures(
  split: SplitResult,
  documents: readonly TokenizedDocument[],
): Pick<SplitReport, 'nmi' | 'ari' | 'purity' | 'contingency'> {
  if (goldDomains(documents).length === 0) return {};
  const gold = documents.map(({ domain = '' }) => domain);
  const table = contingency(split.assignments, gold, split.k);
  const { nmi, ari, purity } = qualityOf(table);
  const counts = table.counts.map((row) => [...row]);
  const piles = split.piles.map(({ name }) => name);
  return { nmi, ari, purity, contingency: { domains: [...table.labels], piles, counts } };
}

function splitReport(
  { id, label, role }: ComparedSplit,
  outcomes: readonly SeedOutcome[],
  documents: readonly TokenizedDocument[],
): SplitReport {
  const runs = outcomes.map(({ splits }) => splits[id]);
  const last = runs[runs.length - 1];
  const figures = runs.map((run) => splitFigures(run, documents));
  const average = (pick: (figure: (typeof figures)[number]) => number | undefined): number | undefined => {
    const values = figures.flatMap((figure) => pick(figure) ?? []);
    return values.length === 0 ? undefined : meanOf(values);
  };
  const balance = balanceOf(last.assignments, last.k);
  const quality = { nmi: average((f) => f.nmi), ari: average((f) => f.ari), purity: average((f) => f.purity) };
  const rounds = last.rounds?.flatMap((round) => completeRound(round));
  return {
    label,
    ...(role && { role }),
    ...(Object.fromEntries(Object.entries(quality).filter(([, v]) => v !== undefined)) as Partial<SplitReport>),
    seconds: meanOf(runs.map(({ seconds }) => seconds)),
    shares: balance.sizes.map((size) => size / documents.length),
    balance: balance.entropy,
    dead: balance.dead,
    ...(figures[figures.length - 1].contingency === undefined
      ? {}
      : { contingency: figures[figures.length - 1].contingency }),
    ...(rounds === undefined || rounds.length === 0 ? {} : { rounds }),
    piles: last.piles.map(({ name, size, terms }) => ({ name, size, terms: [...terms] })),
  };
}

/** Rounds of the perplexity method have all figures that the report draws; those of other methods are left out. */
function completeRound({
  beta,
  entropy,
  trainLoss,
  validationLoss,
  ...rest
}: NonNullable<SplitResult['rounds']>[number]): NonNullable<SplitReport['rounds']> {
  if (entropy === undefined || trainLoss === undefined || validationLoss === undefined) return [];
  const { round, churn, dead, shares } = rest;
  return [{ round, churn, dead, shares: [...shares], beta: beta ?? 0, entropy, trainLoss, validationLoss }];
}

/** Of every system, seed by seed. */
type SystemScores = ReadonlyMap<string, SeedScores>;

function scoresOf(systems: readonly ComparedSystem[], outcomes: readonly SeedOutcome[]): SystemScores {
  return new Map(systems.map(({ id }) => [id, outcomes.map(({ scores }) => scores[id])]));
}

function perplexities(
  systems: readonly ComparedSystem[],
  scores: SystemScores,
  entries: typeof weightings,
): Report['perplexity'] {
  return Object.fromEntries(
    systems.map((system): [string, PerplexityReport] => {
      const { id } = system;
      const seeds = scores.get(id) ?? [];
      const { macro, micro, bitsPerByte, domains } = aggregatePerplexity(averageSeeds(seeds));
      const perSeed = seeds.map((one) => aggregatePerplexity(one).macro);
      const interval = macroInterval(seeds, { seed: 1 });
      const routing = isOfPiles(system) ? { routing: weightingNamed(system.cooperation, entries).detail } : {};
      return [id, { macro, micro, bitsPerByte, domains, interval, perSeed, ...routing }];
    }),
  );
}

/** The main system against everything, and everything else against what is to be beaten. */
function comparisons(systems: readonly ComparedSystem[], scores: SystemScores): Comparison[] {
  const pair = (a: string, b: string): Comparison => ({
    a,
    b,
    ...pairedBootstrap(scores.get(a) ?? [], scores.get(b) ?? [], { seed: 1 }),
  });
  const mains = systems.filter(({ role }) => role === 'main');
  const others = systems.filter(({ role }) => role !== 'main');
  const bars = others.filter(({ role }) => role === 'bar');
  return [
    ...others.flatMap((other) => mains.map((main) => pair(main.id, other.id))),
    ...bars.flatMap((bar) => others.filter((other) => other !== bar).map((other) => pair(other.id, bar.id))),
  ];
}

function macroNats(runs: readonly (readonly DocumentScore[])[]): number {
  return aggregatePerplexity(averageSeeds(runs)).macroNats;
}

function mixerReport(main: string, outcomes: readonly SeedOutcome[]): MixerReport {
  const names = Object.keys(outcomes[0].main.variants);
  const single = outcomes.map(({ main: { single } }) => least(single, (scores) => macroNats([scores])));
  const mixed = outcomes.map(({ scores }) => scores[main]);
  const scored = (name: string): SeedScores => outcomes.map(({ main: { variants } }) => variants[name]);
  const temperatures = outcomes.flatMap(({ main: { fitted } }) => fitted.figures.temperature ?? []);
  return {
    nll: macroNats(mixed),
    uniformNll: macroNats(outcomes.map(({ main: { uniform } }) => uniform)),
    bestSingleNll: meanOf(single.map((scores) => macroNats([scores]))),
    overBestSingle: differenceOf(mixed, single),
    ...(temperatures.length > 0 && { temperature: Math.exp(meanOf(temperatures.map(Math.log))) }),
    variants: Object.fromEntries(names.map((name) => [name, macroNats(scored(name))])),
    against: Object.fromEntries(names.map((name) => [name, differenceOf(mixed, scored(name))])),
    routing: meanRouting(outcomes.map(({ main: { routing } }) => routing)),
  };
}

function differenceOf(a: SeedScores, b: SeedScores): Pick<Comparison, 'deltaNats' | 'lo' | 'hi'> {
  const { deltaNats, lo, hi } = pairedBootstrap(a, b, { seed: 1 });
  return { deltaNats, lo, hi };
}

/** Each expert of the main system, as the last seed made it, on each domain; on the documents of each pile where there are none. */
function specialisation(
  { main, splits }: SeedOutcome,
  split: string,
  domains: readonly string[],
): Pick<Report, 'specialisation'> {
  const experts = main.piles.map((pile) => splits[split].piles[pile].name);
  const of = domains.length > 0 ? 'domains' : 'piles';
  const scored = of === 'domains' ? main.single : main.byPile;
  if (scored[0].length === 0) return {};
  const rows = scored.map((scores) => aggregatePerplexity(scores).domains);
  const columns = (of === 'domains' ? domains : experts).map((name, i) => ({
    name,
    key: of === 'domains' ? name : String(i),
  }));
  const tested = columns.filter(({ key }) => Object.hasOwn(rows[0], key));
  const perplexities = rows.map((row) => tested.map(({ key }) => row[key]));
  return {
    specialisation: {
      split,
      experts,
      piles: [...main.piles],
      of,
      domains: tested.map(({ name }) => name),
      perplexities,
    },
  };
}

/** What has the least of a figure. */
function least<T>(items: readonly T[], figure: (item: T) => number): T {
  return items.reduce((best, item) => (figure(item) < figure(best) ? item : best));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
