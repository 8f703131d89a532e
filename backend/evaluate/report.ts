/** Makes the report of a comparison. */
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
  type SplitMethod,
  splitMethods,
  type SplitReport,
  type System,
  systems,
} from '../protocol/report';
import type { ComparisonSettings, SeedOutcome } from './compare';
import { aggregatePerplexity, averageSeeds, type DocumentScore, macroInterval, pairedBootstrap } from './statistics';

export interface ReportInput {
  readonly version: string;
  readonly model: LanguageModel;
  readonly corpus: TokenizedCorpus;
  readonly rejected: number;
  readonly settings: ComparisonSettings;
  readonly outcomes: readonly SeedOutcome[];
  readonly seconds: number;
  readonly continuation?: ContinuationReport;
  readonly notes?: readonly string[];
}

/** The report of all seeds: figures are means over seeds, pictures show the last one. */
export function makeReport(input: ReportInput): Report {
  const { model, corpus, settings, outcomes, continuation, notes } = input;
  const mean = meanScores(outcomes);
  const domains = goldDomains(corpus.train);
  return parseReport({
    polymath: input.version,
    created: new Date().toISOString(),
    seconds: input.seconds,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    machine: machine(),
    seeds: [...settings.seeds],
    model: { name: model.name, parameters: model.size, vocabulary: model.config.vocabularySize },
    corpus: { name: corpus.name, ...sizes(corpus), domains, rejected: input.rejected },
    budget: {
      tokensPerSystem: settings.tokensPerSystem,
      experts: settings.k,
      prefixTokens: settings.em.prefix,
      training: describeTraining(settings.training),
    },
    splits: Object.fromEntries(
      splitMethods.flatMap((method) => {
        const report = splitReport(method, outcomes, corpus.train);
        return report === undefined ? [] : [[method, report]];
      }),
    ),
    perplexity: perplexities(mean, outcomes),
    comparisons: comparisons(mean),
    mixer: mixerReport(outcomes),
    ...specialisation(outcomes[outcomes.length - 1], domains),
    ...(continuation === undefined ? {} : { continuation }),
    ...(notes === undefined ? {} : { notes: [...notes] }),
  });
}

function describeTraining({ lora, learningRate, seedShare }: ComparisonSettings['training']): string {
  const share = `${Math.round(100 * seedShare)} % of the tokens before the experts branch`;
  return `LoRA r = ${lora.rank} on every projection, learning rate ${learningRate}, ${share}`;
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
  method: SplitMethod,
  outcomes: readonly SeedOutcome[],
  documents: readonly TokenizedDocument[],
): SplitReport | undefined {
  const runs = outcomes.flatMap(({ splits }) => splits[method] ?? []);
  if (runs.length === 0) return undefined;
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

type MeanScores = Partial<Record<System, readonly DocumentScore[]>>;

function meanScores(outcomes: readonly SeedOutcome[]): MeanScores {
  return Object.fromEntries(
    systems.flatMap((system) => {
      const runs = outcomes.flatMap(({ scores }) => (scores[system] === undefined ? [] : [scores[system]]));
      return runs.length === 0 ? [] : [[system, averageSeeds(runs)]];
    }),
  );
}

const routing: Partial<Record<System, string>> = {
  ...Object.fromEntries(splitMethods.map((m) => [m, 'the expert most probable given the tokens before'])),
  mixture: 'weights of the mixer, token by token',
};

function perplexities(mean: MeanScores, outcomes: readonly SeedOutcome[]): Report['perplexity'] {
  const entries = Object.entries(mean) as [System, readonly DocumentScore[]][];
  return Object.fromEntries(
    entries.map(([system, scores]): [System, PerplexityReport] => {
      const { macro, micro, bitsPerByte, domains } = aggregatePerplexity(scores);
      const perSeed = outcomes.flatMap((o) => {
        const run = o.scores[system];
        return run === undefined ? [] : [aggregatePerplexity(run).macro];
      });
      const interval = macroInterval(scores, { seed: 1 });
      const how = routing[system];
      return [
        system,
        { macro, micro, bitsPerByte, domains, interval, perSeed, ...(how === undefined ? {} : { routing: how }) },
      ];
    }),
  );
}

/** The mixture against everything, and everything else against the single fine-tune. */
function comparisons(mean: MeanScores): Comparison[] {
  const pair = (a: System, b: System): Comparison[] => {
    const [first, second] = [mean[a], mean[b]];
    return first === undefined || second === undefined
      ? []
      : [{ a, b, ...pairedBootstrap(first, second, { seed: 1 }) }];
  };
  const others = systems.filter((system) => system !== 'mixture');
  return [
    ...others.flatMap((other) => pair('mixture', other)),
    ...others.filter((system) => system !== 'monolithic').flatMap((system) => pair(system, 'monolithic')),
  ];
}

function macroNats(runs: readonly (readonly DocumentScore[])[]): number {
  return aggregatePerplexity(averageSeeds(runs)).macroNats;
}

function mixerReport(outcomes: readonly SeedOutcome[]): MixerReport {
  const names = Object.keys(outcomes[0].variants);
  const single = outcomes.map(({ experts }) => Math.min(...experts.scores.single.map((s) => macroNats([s]))));
  return {
    nll: macroNats(outcomes.map(({ mixture }) => mixture.scores)),
    uniformNll: macroNats(outcomes.map(({ experts }) => experts.scores.uniform)),
    bestSingleNll: meanOf(single),
    temperature: Math.exp(meanOf(outcomes.map(({ mixture }) => Math.log(mixture.figures.temperature ?? 1)))),
    variants: Object.fromEntries(
      names.map((name) => [name, macroNats(outcomes.map(({ variants }) => variants[name]))]),
    ),
  };
}

/** Each expert of the last seed on each domain. */
function specialisation({ experts, splits }: SeedOutcome, domains: readonly string[]): Pick<Report, 'specialisation'> {
  const names = splits.em?.piles.map(({ name }) => name);
  if (domains.length === 0 || names === undefined) return {};
  const rows = experts.scores.single.map((scores) => aggregatePerplexity(scores).domains);
  const tested = domains.filter((domain) => rows.every((row) => domain in row));
  const perplexity = rows.map((row) => tested.map((domain) => row[domain]));
  return { specialisation: { split: 'em', experts: names, domains: tested, perplexities: perplexity } };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
