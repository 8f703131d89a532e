/** What a run will take: its work in tokens, from its settings and a sample of its documents, and how fast each kind of work goes. */
import { defaultTraining } from '../../train/settings';
import { peakMemory } from '../../engine/child';
import type { LanguageModel } from '../../model/language-model';
import type { SentenceEncoder } from '../../model/sentence-encoder';
import type { ExpertSetRecord } from '../../protocol/records';
import type { RunCost } from '../../protocol/run';
import type { IndexedDocument } from '../../store/documents';
import type { RunEstimate } from '../work-entry';
import { SpeedProbe, type StepShape } from './speed-probe';

/** How long the documents are, from a sample of them. */
export interface Lengths {
  /** Mean tokens of a document, cut at `limit`. */
  readonly mean: (limit: number) => number;
  /** Seconds to tokenise one document. */
  readonly tokenizing: number;
  /** Seconds to read one with the sentence encoder, where one is asked for. */
  readonly encoding: number;
}

export async function measureLengths(
  documents: readonly IndexedDocument[],
  model: LanguageModel,
  encoder: SentenceEncoder | undefined,
): Promise<Lengths> {
  const started = performance.now();
  const lengths = documents.map(({ text }) => model.tokenizer.encode(text).length - 1);
  const tokenizing = (performance.now() - started) / 1000 / Math.max(1, documents.length);
  const mean = (limit: number): number =>
    lengths.reduce((sum, length) => sum + Math.min(limit, length), 0) / Math.max(1, lengths.length);
  if (encoder === undefined) return { mean, tokenizing, encoding: 0 };
  const begun = performance.now();
  await encoder.encode(documents.map(({ text }) => text));
  return { mean, tokenizing, encoding: (performance.now() - begun) / 1000 / Math.max(1, documents.length) };
}

/** Sums up pieces of work. */
export class EstimatedWork {
  tokens = 0;
  seconds = 0;
  /** MiB that are kept beside what a step takes. */
  kept = 0;

  constructor(private readonly probe: SpeedProbe) {}

  async train(tokens: number, shape: StepShape): Promise<void> {
    this.add(tokens, await this.probe.training(shape));
  }

  async score(tokens: number, k: number, shape: Pick<StepShape, 'lora'>, length: number): Promise<void> {
    this.add(tokens, await this.probe.scoring(k, shape.lora, Math.max(8, Math.round(length))));
  }

  private add(tokens: number, rate: number): void {
    this.tokens += tokens;
    this.seconds += tokens / rate;
  }
}

/** Estimates a run that computes with a model. */
export async function estimateRun(run: RunEstimate, model: LanguageModel, lengths: Lengths): Promise<RunCost> {
  const probe = new SpeedProbe(model);
  const work = new EstimatedWork(probe);
  const documents = await run.add(work, { lengths, config: model.config });
  const reading = documents * lengths.tokenizing + run.inputs.dataset.documents.train * lengths.encoding;
  const seconds = work.seconds + probe.building + reading + startup;
  const beside = run.byTasks && work.tokens > 0 ? unloaded : 0;
  return { tokens: Math.round(work.tokens), seconds, memory: peakMemory() + work.kept + beside };
}

/** MiB of a process that has loaded its libraries and no model. */
const unloaded = peakMemory();
// Seconds until a process of a run has loaded its libraries.
const startup = 1;

/** The rank that a set of experts computes with: the highest of its adapters. */
export function expertShape({ experts, settings }: ExpertSetRecord): {
  readonly experts: ExpertSetRecord['experts'];
  readonly rank: unknown;
} {
  const ranks = experts.flatMap(({ adapter }) => adapter?.ranks ?? []);
  return { experts, rank: ranks.length > 0 ? Math.max(...ranks) : settings.rank };
}

/** LoRA of a rank as experts have it. */
export function loraOf(rank: unknown): StepShape['lora'] {
  const { lora } = defaultTraining;
  return typeof rank === 'number' ? { ...lora, rank, alpha: 2 * rank } : lora;
}
