/** What a run will take: its work in tokens, from its settings and a sample of its documents, and how fast each kind of work goes. */
import { UserError } from '../../base/errors';
import { defaultLora } from '../../model/adapters/adapter';
import type { ExpertSettings } from '../../model/experts/forms';
import { peakMemory } from '../../engine/child';
import { scoringContext } from '../../evaluate/perplexity';
import { scoringBatches } from '../../model/score';
import type { LanguageModel } from '../../model/language-model';
import type { SentenceEncoder } from '../../model/sentence-encoder';
import type { ExpertSetRecord } from '../../protocol/records';
import type { RunCost } from '../../protocol/run';
import type { ModelWork } from '../../split/methods/split-method';
import type { RunEstimate } from '../work-entry';
import type { PlannedDataset } from './inputs';
import { SpeedProbe, type StepShape } from './speed-probe';

/** How long the documents are, from a sample of them. */
export interface Lengths {
  /** Mean tokens of a document, cut at `limit`. */
  readonly mean: (limit: number) => number;
  /** Of so many documents as the sample has them, each cut at `limit`; without one, of stretches as long as texts are scored in. */
  readonly drawn: (documents: number, limit?: number) => readonly number[];
  /** Seconds to tokenise one document. */
  readonly tokenizing: number;
  /** Seconds to read one with the sentence encoder, where one is asked for. */
  readonly encoding: number;
}

/** Seconds after which no more documents are tokenised, where some were. */
const patience = 2;
const [fewest, mostEncoded] = [16, 64];

export async function measureLengths(
  texts: readonly string[],
  model: LanguageModel,
  encoder: SentenceEncoder | undefined,
): Promise<Lengths> {
  const started = performance.now();
  const passed = (): number => (performance.now() - started) / 1000;
  const lengths: number[] = [];
  for (const text of texts) {
    if (lengths.length >= fewest && passed() > patience) break;
    lengths.push(model.tokenizer.encode(text).length - 1);
  }
  const tokenizing = passed() / Math.max(1, lengths.length);
  const mean = (limit: number): number =>
    lengths.reduce((sum, length) => sum + Math.min(limit, length), 0) / Math.max(1, lengths.length);
  const drawn = (documents: number, limit?: number): number[] =>
    Array.from({ length: lengths.length === 0 ? 0 : documents }, (_, i) => lengths[i % lengths.length]).flatMap(
      (length) => (limit === undefined ? stretchesOf(length) : Math.min(limit, length)),
    );
  if (encoder === undefined) return { mean, drawn, tokenizing, encoding: 0 };
  const few = texts.slice(0, mostEncoded);
  const begun = performance.now();
  await encoder.encode(few);
  return { mean, drawn, tokenizing, encoding: (performance.now() - begun) / 1000 / Math.max(1, few.length) };
}

function stretchesOf(length: number): number[] {
  return Array.from({ length: Math.ceil(length / scoringContext) }, (_, i) =>
    Math.min(scoringContext, length - i * scoringContext),
  );
}

/** Documents whose batches are looked at, where there are more. */
const mostDrawn = 4096;

/** Sums up pieces of work. */
export class EstimatedWork implements ModelWork {
  tokens = 0;
  seconds = 0;
  /** MiB that are kept beside what a step takes. */
  kept = 0;
  /** It may end before all of this is done: the figures are bounds. */
  atMost = false;

  constructor(
    private readonly probe: SpeedProbe,
    private readonly texts: readonly string[],
    private readonly lengths: Lengths,
  ) {}

  async train(tokens: number, shape: StepShape): Promise<void> {
    this.add(tokens, await this.probe.training(shape));
  }

  async score(tokens: number, k: number, shape: Pick<StepShape, 'expert'>, length: number): Promise<void> {
    if (tokens > 0)
      this.add(tokens, await this.probe.scoring(k, shape.expert, { length: Math.max(8, Math.round(length)), tokens }));
  }

  async read(documents: number, k: number, shape: Pick<StepShape, 'expert'>, limit?: number): Promise<void> {
    const count = Math.min(mostDrawn, Math.round(documents));
    const lengths = this.lengths.drawn(count, limit);
    const experts = Math.max(1, k);
    // Each with its prefix token.
    const sequences = lengths.map((length) => ({ length: length + 1 }));
    let tokens = 0;
    for (const batch of scoringBatches(sequences, experts)) {
      tokens += experts * batch.length * Math.max(...batch.map((i) => lengths[i]));
    }
    const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
    await this.score((tokens * documents) / Math.max(1, count), k, shape, mean);
  }

  async onTexts(documents: number, work: (texts: readonly string[]) => Promise<unknown>): Promise<void> {
    const started = performance.now();
    try {
      await work(this.texts);
    } catch (error) {
      // Too few of them, or without a common word: then there is nothing to go by.
      if (error instanceof UserError) return;
      throw error;
    }
    const seconds = (performance.now() - started) / 1000;
    this.seconds += seconds * Math.max(1, documents / this.texts.length);
  }

  hold(bytes: number): void {
    this.kept = Math.max(this.kept, bytes / 2 ** 20);
  }

  mayEndEarlier(): void {
    this.atMost = true;
  }

  private add(tokens: number, rate: number): void {
    this.tokens += tokens;
    this.seconds += tokens / rate;
  }
}

/** What was measured before the work itself. */
interface Measured {
  readonly lengths: Lengths;
  /** A sample of the documents. */
  readonly texts: readonly string[];
  /** Seconds until a process has loaded its libraries and opened the model. */
  readonly opening: number;
}

/** Seconds from the end of the work until its record says so. */
const ending = 0.5;

/** Estimates a run that computes with a model. */
export async function estimateRun(
  run: RunEstimate,
  model: LanguageModel,
  { lengths, texts, opening }: Measured,
): Promise<RunCost> {
  // What the process of the run takes, that reads; a worker beside it computes.
  const reader = peakMemory();
  const probe = new SpeedProbe(model);
  const work = new EstimatedWork(probe, texts, lengths);
  const documents = await run.add(work, { lengths, config: model.config });
  const { dataset } = run.inputs;
  const { building } = probe;
  return costOf(work, { documents, dataset, lengths, building, opening, worker: run.byTasks ? { reader } : undefined });
}

/** What stands around the work of a run. */
interface Surroundings extends Pick<Measured, 'lengths' | 'opening'> {
  /** Documents that it reads. */
  readonly documents: number;
  readonly dataset?: PlannedDataset['dataset'] | undefined;
  /** Seconds that its graphs take to be built. */
  readonly building: number;
  /** Where a worker computes: the MiB of the process that reads. */
  readonly worker: { readonly reader: number } | undefined;
}

export function costOf(
  work: EstimatedWork,
  { documents, dataset, lengths, opening, building, worker }: Surroundings,
): RunCost {
  const reading = documents * lengths.tokenizing + (dataset?.documents.train ?? 0) * lengths.encoding;
  const beside = work.tokens > 0 ? worker : undefined;
  const seconds = work.seconds + building + reading + (beside === undefined ? 1 : 2) * opening + ending;
  const bytes = dataset === undefined ? 0 : (documents / Math.max(1, dataset.documents.total)) * dataset.textBytes;
  const corpus = (bytes + 8 * documents * lengths.mean(Infinity)) / 2 ** 20;
  const memory = peakMemory() + work.kept + corpus + (beside?.reader ?? 0);
  return { tokens: Math.round(work.tokens), seconds, memory, ...(work.atMost && { atMost: true }) };
}

/** What a set of experts computes with: weights of their own where one has them, or the highest rank of its adapters. */
export function settingsOfExperts({ experts, settings }: ExpertSetRecord): ExpertSettings {
  const figures = experts.flatMap(({ adapter }) => adapter ?? []);
  if (figures.some(({ form }) => form === 'full')) return 'full';
  const ranks = figures.flatMap((adapter) => (adapter.form === 'full' ? [] : adapter.ranks));
  const rank = ranks.length > 0 ? Math.max(...ranks) : settings.rank;
  return typeof rank === 'number' ? { ...defaultLora, rank, alpha: 2 * rank } : defaultLora;
}
