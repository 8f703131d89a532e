/**
 * Splitting a corpus by perplexity: Monte-Carlo EM over k experts that start from one base model. E-step: the cross-entropy
 * of each document's prefix under each expert, a posterior over experts, an assignment. M-step: each expert is fine-tuned on
 * the documents assigned to it. The balanced, annealed form follows SMALLTALK (Filippova et al. 2024); the literal form is
 * the rule "probability inverse to the perplexity", document by document.
 */
import type { Tokenizer } from '../../../model/tokenizer/tokenizer';
import type { LanguageModel } from '../../../model/language-model';
import { offer } from '../../../base/checkpoint';
import { type Watch, yieldToEventLoop } from '../../../base/progress';
import { createRandom, type Random } from '../../../base/random';
import { assignBalanced } from '../../constraints/balance';
import { findOutliers } from '../../describe/outliers';
import { drawPiles, evidenceOf, judgePart, judgingParts, posteriorsAt } from './e-step';
import { type EmExperts, expertsHere, type OpenExperts } from './em-experts';
import { type EmProgress, type EmState, emState, newProgress, type PerplexityEmResult } from './em-state';
import { mixtureLoss, roundCurves, roundFigures, sizesOf } from './perplexity-figures';
import type { PerplexityEmSettings } from './perplexity-settings';

/** What is split. */
export interface EmMaterial {
  readonly tokenizer: Tokenizer;
  /** Token sequences with their prefix tokens. */
  readonly documents: readonly Int32Array[];
  /** Serves the figures of the rounds alone. */
  readonly validation: readonly Int32Array[];
  readonly settings: PerplexityEmSettings;
}

// Figures that are taken of a round that goes block by block.
const partsOfRound = 8;
// More often than this an expert only learns the texts of a small corpus by heart.
const mostEpochs = 3;
/** The name of the state among a watch's checkpoints. */
const checkpoint = 'em';

/** How perplexity EM is done: in this process, or round by round elsewhere. Throws the signal's reason when it is aborted. */
export type RunPerplexityEm = (
  given: Omit<EmMaterial, 'tokenizer'> & {
    /** The base model's first layers only. */
    readonly proxyLayers?: number | undefined;
  },
  watch: Watch,
) => Promise<PerplexityEmResult>;

/** Perplexity EM in this process. */
export function emHere(base: LanguageModel): RunPerplexityEm {
  return async ({ documents, validation, settings, proxyLayers }, watch) => {
    const model = proxyLayers === undefined ? base : base.firstLayers(proxyLayers);
    try {
      return await perplexityEm(model, documents, validation, settings, watch);
    } finally {
      if (model !== base) await model.dispose();
    }
  };
}

/**
 * Splits documents, given as token sequences with their prefix tokens, into k piles. The validation sequences only serve the
 * per-round figures. Throws the signal's reason when it is aborted.
 */
export async function perplexityEm(
  model: LanguageModel,
  documents: readonly Int32Array[],
  validation: readonly Int32Array[],
  settings: PerplexityEmSettings,
  watch: Watch,
): Promise<PerplexityEmResult> {
  const { tokenizer } = model;
  return emWith(expertsHere(model), { tokenizer, documents, validation, settings }, watch);
}

/** All rounds, with these experts. */
export async function emWith(open: OpenExperts, material: EmMaterial, watch: Watch): Promise<PerplexityEmResult> {
  const em = await PerplexityEm.open(open, material, undefined, watch);
  try {
    while (!em.ended) await em.round();
    return await em.result();
  } finally {
    await em.dispose();
  }
}

/** Perplexity EM, round by round. */
export class PerplexityEm {
  private readonly all: readonly number[];

  private constructor(
    private readonly material: EmMaterial & { readonly prefixes: readonly Int32Array[] },
    private readonly watch: Watch,
    private readonly experts: EmExperts,
    private readonly random: Random,
    private readonly state: EmProgress,
  ) {
    this.all = Array.from(material.prefixes.keys());
  }

  /**
   * Goes on from what the watch's checkpoint holds; otherwise from the state that is given, or from the beginning. Throws ZodError
   * where a state is none.
   */
  static async open(
    openExperts: OpenExperts,
    { tokenizer, documents, validation, settings: given }: EmMaterial,
    state: EmState | undefined,
    watch: Watch,
  ): Promise<PerplexityEm> {
    const cut = (tokens: Int32Array): Int32Array => tokens.subarray(0, given.prefix + 1);
    const prefixes = documents.map(cut);
    const settings = bounded(given, prefixes);
    const kept = watch.checkpointer?.load(checkpoint);
    const known = kept === undefined ? state : emState.parse(kept);
    const experts = await openExperts({ prefixes, settings, kept: known?.optimizer }, watch);
    const random = createRandom(settings.seed, 77);
    const drawn = startingPiles(prefixes.length, settings, random);
    if (known !== undefined) random.restore(known.random);
    const material = { tokenizer, documents, validation: validation.map(cut), settings, prefixes };
    return new PerplexityEm(material, watch, experts, random, known?.progress ?? drawn);
  }

  /** Whether all rounds are gone through, or so few documents moved that more of them change nothing. */
  get ended(): boolean {
    const { rounds, block, settled } = this.material.settings;
    const { round, rounds: figures } = this.state;
    if (round === rounds || this.isBehind(round)) return true;
    return block === undefined && round > 0 && figures[round - 1].churn <= settled;
  }

  /** One round; the first begins with what experts learn before it. */
  async round(): Promise<void> {
    const { beta, start, block } = this.material.settings;
    const round = this.state.round + 1;
    const phases = this.phases();
    // Experts that are still equal cannot tell documents apart: they first learn from the piles they start with.
    if (round === 1 && (beta !== 'literal' || start !== undefined)) {
      await phases(() => this.learn(this.all, 'Learning the starting piles'));
    }
    if (block === undefined) await this.wholeRound(round, phases);
    else await this.blockRound(round, block, phases);
    this.goTo(round, 0);
  }

  /** What was found, once the rounds have ended. */
  async result(): Promise<PerplexityEmResult> {
    const { tokenizer, prefixes, settings } = this.material;
    const { beta, k, groups } = settings;
    const { losses, rounds, history, evidence } = this.state;
    const decided = posteriorsAt(this.material, this.all, losses, beta === 'measured' ? evidence : { beta: 1 });
    const posteriors = beta === 'literal' ? posteriorsAt(this.material, this.all, losses, { beta }) : decided;
    // Capacity holds in training only.
    const assignments = assignBalanced(posteriors.map(Math.log), k, k, groups);
    const fit = { documents: prefixes, losses, posteriors: decided, assignments };
    return {
      assignments,
      posteriors,
      loss: this.lossPerToken(),
      outliers: await findOutliers(tokenizer, this.experts.base, fit),
      rounds,
      history,
    };
  }

  /** All that the rest of the work depends on. The arrays may be the live ones. */
  async save(): Promise<EmState> {
    return { progress: { ...this.state }, optimizer: await this.experts.save(), random: this.random.save() };
  }

  dispose(): Promise<void> {
    return this.experts.dispose();
  }

  /**
   * All documents are judged, then learned from; the last round only judges. Where experts predict worse what they did not learn from
   * than in the round before, what that one found stands.
   */
  private async wholeRound(round: number, phases: Phases): Promise<void> {
    const { rounds, settled } = this.material.settings;
    const { state } = this;
    await phases(async () => {
      await this.judge(this.all, `Splitting, round ${round} of ${rounds}`);
      const loss = this.lossPerToken();
      if (state.best !== undefined && loss >= state.best.loss) return this.goBackTo(state.best);
      state.before = state.assignments.slice();
      state.history.push(Float32Array.from(this.assign(this.all, round)));
      this.keep(round, loss);
      await this.record(round);
    });
    if (round === rounds || this.isBehind(round) || state.rounds[round - 1].churn <= settled) return;
    await phases(() => this.learn(this.all, `Learning, round ${round} of ${rounds}`));
  }

  /** Whether an earlier round is the best. */
  private isBehind(round: number): boolean {
    const { best } = this.state;
    return best !== undefined && best.round < round;
  }

  /** Experts that judge what they learned from are no measure of what is best. */
  private keep(round: number, loss: number): void {
    const { losses, evidence, assignments } = this.state;
    if (this.material.settings.folds === 1) return;
    this.state.best = { round, loss, losses, evidence, assignments: assignments.slice() };
  }

  private goBackTo({ losses, evidence, assignments }: NonNullable<EmProgress['best']>): void {
    Object.assign(this.state, { losses, evidence, assignments });
  }

  /** What the mixture of experts makes of all documents: nats per token. */
  private lossPerToken(): number {
    const { prefixes, settings } = this.material;
    const { losses, assignments } = this.state;
    const tokens = prefixes.reduce((total, { length }) => total + length - 1, 0);
    return mixtureLoss(losses, sizesOf(assignments, settings.k)) / Math.max(1, tokens);
  }

  /** Some documents are judged and learned from, then the next, in an order drawn for each round. */
  private async blockRound(round: number, size: number, phases: Phases): Promise<void> {
    const { k, rounds } = this.material.settings;
    const { state } = this;
    const N = this.all.length;
    await phases(() => {
      state.before = state.assignments.slice();
      state.order = Int32Array.from(this.random.shuffle(this.all));
      state.history.push(new Float32Array(N * k));
      return Promise.resolve();
    });
    for (let from = 0; from < N; from += size) {
      const block = [...state.order.subarray(from, from + size)];
      const stage = `Round ${round}: documents ${from + 1} to ${from + block.length} of ${N}`;
      await phases(async () => {
        await this.judge(block, stage);
        const posteriors = this.assign(block, round);
        block.forEach((d, i) => state.history[round - 1].set(posteriors.subarray(i * k, (i + 1) * k), d * k));
      });
      await phases(() => this.learn(block, stage));
      // A round of many blocks is told of while it goes on.
      const parts = [from, from + block.length].map((done) => Math.floor((partsOfRound * done) / N));
      if (parts[1] > parts[0]) await phases(() => this.record(round, from + block.length));
    }
    if (round === rounds) await phases(() => this.judge(this.all, 'Final assignment'));
  }

  /** Runs the phases of a round but for those that were finished before an interruption; one that was begun goes on at its place. */
  private phases(): Phases {
    const { state } = this;
    let next = 0;
    return async (run) => {
      const phase = next++;
      if (phase < state.phase) return;
      if (phase > state.phase) this.goTo(state.round, phase);
      await this.offer();
      await run();
    };
  }

  /** To the beginning of a phase, after so many finished rounds. */
  private goTo(round: number, phase: number): void {
    const { state } = this;
    state.round = round;
    state.phase = phase;
    state.done = 0;
    state.total = 0;
  }

  private offer(): Promise<void> {
    return offer(this.watch, checkpoint, () => this.save());
  }

  /** What the experts make of the documents given, into the state's losses, part by part. */
  private async judge(documents: readonly number[], stage: string): Promise<void> {
    const { state, watch } = this;
    const { k, folds } = this.material.settings;
    if (state.done === 0) state.losses = new Float64Array(documents.length * k);
    const parts = judgingParts(documents.length, folds);
    while (state.done < parts) {
      const { losses, fold, done: part } = state;
      await judgePart(this.experts, this.material, documents, fold, { part, losses, signal: watch.signal });
      state.done++;
      // Blocks of a few documents would only make the line flicker.
      if (documents.length > 1000) {
        const done = Math.round((documents.length * state.done) / parts);
        watch.report({ stage, done, total: documents.length, unit: 'documents' });
      }
      await this.offer();
    }
  }

  /**
   * Draws a pile for each document just judged; in the last round of whole rounds the most probable one is taken. Returns the
   * posteriors [documents, k].
   */
  private assign(documents: readonly number[], round: number): Float64Array {
    const { random, state } = this;
    const { settings } = this.material;
    const last = round === settings.rounds && settings.block === undefined;
    const found = Int32Array.from(documents, (d) => state.assignments[d]);
    state.evidence = evidenceOf(round, settings, { losses: state.losses, piles: found });
    const posteriors = posteriorsAt(this.material, documents, state.losses, state.evidence);
    const piles = drawPiles(posteriors, documents, settings, { last, random });
    documents.forEach((document, i) => (state.assignments[document] = piles[i]));
    return posteriors;
  }

  /** One round of training on the documents given, each expert on those of its half that are in its pile. */
  private async learn(documents: readonly number[], stage: string): Promise<void> {
    const { state } = this;
    const { prefixes, settings } = this.material;
    const texts = Array.from({ length: settings.k * settings.folds }, (_, expert) => {
      const [half, pile] = [Math.floor(expert / settings.k), expert % settings.k];
      const members = documents.filter((d) => state.fold[d] === half && state.assignments[d] === pile);
      return members.map((d) => prefixes[d]);
    });
    const place = { share: documents.length / prefixes.length, before: state.steps - state.done };
    const { count, stepTokens, run } = this.experts.round(texts, place);
    while (state.done < count) {
      state.total += meanOf(await run(state.done));
      state.done++;
      state.steps++;
      if (count > 1) {
        const loss = state.total / state.done;
        const [done, total] = [state.done * stepTokens, count * stepTokens];
        this.watch.report({ stage, done, total, unit: 'tokens', note: `loss ${loss.toFixed(2)}`, values: { loss } });
      }
      await this.offer();
      await yieldToEventLoop();
    }
    await this.experts.fetch();
    state.trainLoss = state.total / count;
  }

  private async record(round: number, gone?: number): Promise<void> {
    const { validation, settings } = this.material;
    const { k, rounds } = settings;
    const { assignments, before, trainLoss, evidence, best, rounds: recorded } = this.state;
    const judged = { losses: await this.experts.judge(0, validation, this.watch.signal), validation, evidence };
    const moved = {
      round,
      ...(gone !== undefined && { judged: gone }),
      k,
      assignments,
      before,
      trainLoss,
      loss: best?.loss,
    };
    const figures = roundFigures(judged, moved);
    recorded.push(figures);
    const parts = gone === undefined ? 1 : partsOfRound;
    const unit = parts === 1 ? 'rounds' : 'parts';
    const [done, total] = [recorded.length, rounds * parts];
    this.watch.report({ stage: 'Rounds of splitting', done, total, unit, values: roundCurves(figures) });
  }
}

/** Does the next phase of a round. */
type Phases = (run: () => Promise<void>) => Promise<void>;

/** No more tokens than the corpus is worth, for documents that are read so far [N]. */
export function bounded<S extends Pick<PerplexityEmSettings, 'k' | 'commonTokens' | 'tokensPerRound'>>(
  settings: S,
  prefixes: readonly Int32Array[],
): S {
  const tokens = mostEpochs * prefixes.reduce((total, prefix) => total + prefix.length, 0);
  return {
    ...settings,
    commonTokens: Math.min(settings.commonTokens, tokens),
    tokensPerRound: Math.min(settings.tokensPerRound, Math.ceil(tokens / settings.k)),
  };
}

/** Piles and halves before the first round: as the start says, or random and balanced. */
function startingPiles(documents: number, { start, k, folds }: PerplexityEmSettings, random: Random): EmProgress {
  const balanced = new Int32Array(documents);
  random.shuffle(Array.from(balanced.keys())).forEach((document, i) => (balanced[document] = i % k));
  const fold = balanced.map(() => random.below(folds));
  return newProgress(start === undefined ? balanced : Int32Array.from(start.assignments), fold);
}

/** Of those that have texts. */
function meanOf(losses: Float64Array): number {
  const seen = losses.filter((loss) => !Number.isNaN(loss));
  return seen.reduce((a, b) => a + b, 0) / Math.max(1, seen.length);
}
