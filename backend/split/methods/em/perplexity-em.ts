/**
 * Splitting a corpus by perplexity: Monte-Carlo EM over k experts that start from one base model. E-step: the cross-entropy
 * of each document's prefix under each expert, a posterior over experts, an assignment. M-step: each expert is fine-tuned on
 * the documents assigned to it. The balanced, annealed form follows SMALLTALK (Filippova et al. 2024); the literal form is
 * the rule "probability inverse to the perplexity", document by document.
 */
import { type AdapterStack, createAdapters, stackAdapters, stackCodec } from '../../../model/adapters/adapter';
import type { LanguageModel } from '../../../model/language-model';
import { score } from '../../../model/score';
import type { OptimizerState } from '../../../model/training/optimizer';
import { TrainStep } from '../../../model/training/train-step';
import { offer, once } from '../../../base/checkpoint';
import { renamed, type Watch, yieldToEventLoop } from '../../../base/progress';
import { createRandom, type Random } from '../../../base/random';
import { defaultAdamW } from '../../../tensor/optimizer';
import { packedRows, TokenWindows } from '../../../train/batches';
import { refuseDivergence } from '../../../train/divergence';
import { defaultTraining } from '../../../train/settings';
import { trainExperts } from '../../../train/trainer';
import { assignBalanced, sinkhorn } from '../../constraints/balance';
import type { RoundFigures } from '../../clustering';
import { among } from '../../constraints/constraints';
import type { PerplexityEmSettings } from './perplexity-settings';
import { findOutliers } from '../../describe/outliers';
import { mixtureLoss, roundCurves, roundFigures } from './perplexity-figures';
import { posteriorsOf, sumOverTokens } from './posteriors';

export interface PerplexityEmResult {
  /** The pile of each document [N]: the expert with the highest posterior. */
  readonly assignments: Int32Array;
  /** P(e|d) at β = 1 under the final experts [N, k]. */
  readonly posteriors: Float64Array;
  /** Documents that fit no pile, see `outliers.ts`. */
  readonly outliers: readonly number[];
  readonly rounds: readonly RoundFigures[];
  /** P(e|d) as each round saw it, at the round's β [N, k]. */
  readonly history: readonly Float32Array[];
  /** −ln p(prefix) under the mixture of the final experts that did not learn from it: nats per token. */
  readonly loss: number;
}

/** A phase of the work, the parts of it that are done, and the sum of their losses. */
interface Place {
  readonly phase: number;
  done: number;
  total: number;
}

/** All that the rest of the work depends on. */
interface EmState extends Record<string, unknown> {
  readonly place: Place;
  readonly assignments: Int32Array;
  readonly before: Int32Array;
  readonly fold: Int32Array;
  readonly rounds: RoundFigures[];
  readonly history: Float32Array[];
  readonly steps: number;
  readonly trainLoss: number;
  readonly losses: Float64Array;
  readonly order: Int32Array;
  readonly step: OptimizerState;
  readonly random: readonly number[];
}

const rowsPerStep = 4;
// Documents that are judged between two points from which the work can go on.
const judgedTogether = 4096;
// Figures that are taken of a round that goes block by block.
const partsOfRound = 8;
// More often than this an expert only learns the texts of a small corpus by heart.
const mostEpochs = 3;
const adamAfterRestart = { ...defaultAdamW, beta2: 0.98 };

/**
 * Splits documents, given as token sequences with their begin tokens, into k piles. The validation sequences only serve the
 * per-round figures. Throws the signal's reason when it is aborted.
 */
export async function perplexityEm(
  model: LanguageModel,
  documents: readonly Int32Array[],
  validation: readonly Int32Array[],
  settings: PerplexityEmSettings,
  watch: Watch,
): Promise<PerplexityEmResult> {
  const run = await PerplexityEm.create(model, documents, validation, settings, watch);
  try {
    return await run.finish();
  } finally {
    await run.dispose();
  }
}

class PerplexityEm {
  private assignments: Int32Array;
  /** The piles as the round found them. */
  private before: Int32Array;
  /** Which half each document is in: that half's experts learn from it, the other's judge it. */
  private readonly fold: Int32Array;
  private rounds: RoundFigures[] = [];
  private history: Float32Array[] = [];
  private steps = 0;
  /** Nats per token of the training done last. */
  private trainLoss = Number.NaN;
  /** Nats of the documents judged last under each expert [documents, k]. */
  private losses: Float64Array = new Float64Array(0);
  /** The order of the documents in a round of blocks. */
  private order: Int32Array = new Int32Array(0);
  private readonly all: readonly number[];
  /** Phases that were begun, and where this run goes on: a phase with so many of its parts done. */
  private phases = 0;
  private resumed: Place = { phase: 0, done: 0, total: 0 };

  private constructor(
    private readonly model: LanguageModel,
    private readonly prefixes: readonly Int32Array[],
    private readonly validation: readonly Int32Array[],
    private readonly settings: PerplexityEmSettings,
    private readonly watch: Watch,
    private readonly stack: AdapterStack,
    private readonly step: TrainStep,
    private readonly random: Random,
  ) {
    const { start, k } = settings;
    this.all = Array.from(prefixes.keys());
    const shuffled = random.shuffle(this.all);
    const balanced = new Int32Array(prefixes.length);
    shuffled.forEach((document, i) => (balanced[document] = i % k));
    this.fold = Int32Array.from(prefixes, () => random.below(settings.folds));
    this.assignments = start === undefined ? balanced : Int32Array.from(start.assignments);
    this.before = this.assignments;
  }

  static async create(
    model: LanguageModel,
    documents: readonly Int32Array[],
    validation: readonly Int32Array[],
    settings: PerplexityEmSettings,
    watch: Watch,
  ): Promise<PerplexityEm> {
    const cut = (tokens: Int32Array): Int32Array => tokens.subarray(0, settings.prefix + 1);
    const prefixes = documents.map(cut);
    const tokens = mostEpochs * prefixes.reduce((total, prefix) => total + prefix.length, 0);
    const bounded = {
      ...settings,
      commonTokens: Math.min(settings.commonTokens, tokens),
      tokensPerRound: Math.min(settings.tokensPerRound, Math.ceil(tokens / settings.k)),
    };
    const stack = await beginning(model, prefixes, bounded, watch);
    const batch = { B: rowsPerStep, T: bounded.prefix };
    const step = await TrainStep.adapters(model, stack, { optimizer: adamAfterRestart, batch });
    const random = createRandom(settings.seed, 77);
    const em = new PerplexityEm(model, prefixes, validation.map(cut), bounded, watch, stack, step, random);
    const kept = watch.checkpointer?.load('em');
    if (kept !== undefined) await em.restore(kept as unknown as EmState);
    return em;
  }

  async finish(): Promise<PerplexityEmResult> {
    const { beta, start, k, block } = this.settings;
    // Experts that are still equal cannot tell documents apart: they first learn from the piles they start with.
    if (beta !== 'literal' || start !== undefined) {
      await this.phase((place) => this.learn(this.all, 'Learning the starting piles', place));
    }
    if (block === undefined) await this.wholeRounds();
    else await this.blockRounds(block);
    const decided = this.posteriors(this.all, this.losses, 1);
    const posteriors = beta === 'literal' ? this.posteriors(this.all, this.losses, beta) : decided;
    // Capacity holds in training only.
    const assignments = assignBalanced(posteriors.map(Math.log), k, k, this.settings.groups);
    const fit = { documents: this.prefixes, losses: this.losses, posteriors: decided, assignments };
    const sizes = new Array<number>(k).fill(0);
    for (const pile of assignments) sizes[pile]++;
    const tokens = this.prefixes.reduce((total, { length }) => total + length - 1, 0);
    return {
      assignments,
      posteriors,
      loss: mixtureLoss(this.losses, sizes) / Math.max(1, tokens),
      outliers: await findOutliers(this.model, fit),
      rounds: this.rounds,
      history: this.history,
    };
  }

  /** All documents are judged, then learned from, until few of them move; the last round only judges. */
  private async wholeRounds(): Promise<void> {
    const { rounds, settled } = this.settings;
    for (let round = 1; round <= rounds; round++) {
      await this.phase(async (place) => {
        await this.judge(this.all, `Splitting, round ${round} of ${rounds}`, place);
        this.before = this.assignments.slice();
        this.history.push(Float32Array.from(this.assign(this.all, round)));
        await this.record(round);
      });
      if (round === rounds || this.rounds[round - 1].churn <= settled) return;
      await this.phase((place) => this.learn(this.all, `Learning, round ${round} of ${rounds}`, place));
    }
  }

  /** Some documents are judged and learned from, then the next, in an order drawn for each round. */
  private async blockRounds(size: number): Promise<void> {
    const { k } = this.settings;
    for (let round = 1; round <= this.settings.rounds; round++) {
      await this.phase(() => {
        this.before = this.assignments.slice();
        this.order = Int32Array.from(this.random.shuffle(this.all));
        this.history.push(new Float32Array(this.all.length * k));
        return Promise.resolve();
      });
      for (let from = 0; from < this.all.length; from += size) {
        const block = [...this.order.subarray(from, from + size)];
        const stage = `Round ${round}: documents ${from + 1} to ${from + block.length} of ${this.all.length}`;
        await this.phase(async (place) => {
          await this.judge(block, stage, place);
          const posteriors = this.assign(block, round);
          block.forEach((d, i) => this.history[round - 1].set(posteriors.subarray(i * k, (i + 1) * k), d * k));
        });
        await this.phase((place) => this.learn(block, stage, place));
        // A round of many blocks is told of while it goes on.
        const parts = [from, from + block.length].map((done) => Math.floor((partsOfRound * done) / this.all.length));
        if (parts[1] > parts[0]) await this.phase(() => this.record(round, from + block.length));
      }
    }
    await this.phase((place) => this.judge(this.all, 'Final assignment', place));
  }

  /** Runs the next phase, unless it was finished before an interruption; one that was begun goes on at its place. */
  private async phase(run: (place: Place) => Promise<void>): Promise<void> {
    const phase = this.phases++;
    if (phase < this.resumed.phase) return;
    const place = phase === this.resumed.phase ? this.resumed : { phase, done: 0, total: 0 };
    await this.offer(place);
    await run(place);
  }

  private offer(place: Place): Promise<void> {
    return offer(this.watch, 'em', async () => ({ ...(await this.save()), place: { ...place } }));
  }

  private async save(): Promise<Omit<EmState, 'place'>> {
    const { assignments, before, fold, rounds, history, steps, trainLoss, losses, order } = this;
    const step = await this.step.save();
    return {
      assignments,
      before,
      fold,
      rounds,
      history,
      steps,
      trainLoss,
      losses,
      order,
      step,
      random: this.random.save(),
    };
  }

  private async restore(state: EmState): Promise<void> {
    const { place, random, step, fold, ...rest } = state;
    this.resumed = place;
    this.random.restore(random);
    await this.step.restore(step);
    this.fold.set(fold);
    Object.assign(this, rest);
  }

  /** Nats of each document's whole prefix under each expert that did not learn from it, into `losses` [documents, k]. */
  private async judge(documents: readonly number[], stage: string, place: Place): Promise<void> {
    const { k, folds } = this.settings;
    if (place.done === 0) this.losses = new Float64Array(documents.length * k);
    const onBatch = (): void => this.watch.signal.throwIfAborted();
    const shards = Math.ceil(documents.length / judgedTogether);
    while (place.done < folds * shards) {
      const [half, shard] = [place.done % folds, Math.floor(place.done / folds)];
      const end = Math.min(documents.length, (shard + 1) * judgedTogether);
      const places: number[] = [];
      for (let i = shard * judgedTogether; i < end; i++) if (this.fold[documents[i]] === half) places.push(i);
      const judges = this.stack.part(k * ((half + 1) % folds), k);
      const sequences = places.map((i) => this.prefixes[documents[i]]);
      const losses = sumOverTokens(await score(this.model, sequences, judges, { onBatch }), k);
      places.forEach((i, row) => this.losses.set(losses.subarray(row * k, (row + 1) * k), i * k));
      place.done++;
      // Blocks of a few documents would only make the line flicker.
      if (documents.length > 1000) {
        const done = Math.round((documents.length * place.done) / (folds * shards));
        this.watch.report({ stage, done, total: documents.length, unit: 'documents' });
      }
      await this.offer(place);
    }
  }

  /**
   * Draws a pile for each document just judged; in the last round of whole rounds the most probable one is taken. Returns the
   * posteriors [documents, k].
   */
  private assign(documents: readonly number[], round: number): Float64Array {
    const { k, capacity, rounds, block } = this.settings;
    const last = round === rounds && block === undefined;
    const posteriors = this.posteriors(documents, this.losses, this.betaOf(round));
    const logs = posteriors.map(Math.log);
    const scores = capacity === 'sinkhorn' && !last ? sinkhorn(logs, k) : logs;
    // Gumbel noise turns the maximum into a draw from the posterior (Gumbel-max), with or without capacity.
    if (!last) scores.forEach((s, i) => (scores[i] = s - Math.log(-Math.log(1 - this.random.uniform()))));
    const groups = among(this.settings.groups ?? [], documents);
    const piles = assignBalanced(scores, k, typeof capacity === 'string' || last ? k : capacity, groups);
    documents.forEach((document, i) => (this.assignments[document] = piles[i]));
    return posteriors;
  }

  /** P(e|d) of documents [documents, k] from their losses and the prior. */
  private posteriors(documents: readonly number[], losses: Float64Array, beta: number | 'literal'): Float64Array {
    const { k, start } = this.settings;
    const prior = start?.posteriors;
    const betas = Float64Array.from(documents, (d) =>
      beta === 'literal' ? 1 / Math.max(1, this.prefixes[d].length - 1) : beta,
    );
    if (prior === undefined) return posteriorsOf(losses, k, betas);
    const rows = documents.flatMap((d) => Array.from(prior.subarray(d * k, (d + 1) * k)));
    return posteriorsOf(losses, k, betas, rows);
  }

  private betaOf(round: number): number | 'literal' {
    const { beta, rounds } = this.settings;
    if (beta === 'literal') return beta;
    const progress = rounds === 1 ? 1 : (round - 1) / (rounds - 1);
    return beta[0] * (beta[1] / beta[0]) ** progress;
  }

  /** One round of training on the documents given, each expert on those assigned to it. */
  private async learn(documents: readonly number[], stage: string, place: Place): Promise<void> {
    const { prefix, tokensPerRound, learningRate, seed } = this.settings;
    const k = this.settings.k * this.settings.folds;
    const streams = Array.from({ length: k }, (_, expert) => {
      const [half, pile] = [Math.floor(expert / this.settings.k), expert % this.settings.k];
      const members = documents.filter((d) => this.fold[d] === half && this.assignments[d] === pile);
      const texts = members.map((d) => this.prefixes[d]);
      return texts.length === 0 ? undefined : new TokenWindows(texts, prefix, seed * 7919 + this.steps - place.done);
    });
    const share = documents.length / this.prefixes.length;
    const rowTokens = rowsPerStep * prefix;
    const count = Math.max(1, Math.round((tokensPerRound * share) / rowTokens / this.settings.folds));
    const weights = new Float32Array(k * rowTokens);
    streams.forEach((stream, e) => weights.fill(stream === undefined ? 0 : 1, e * rowTokens, (e + 1) * rowTokens));
    const active = streams.map((stream) => stream !== undefined);
    while (place.done < count) {
      const { tokens } = packedRows(streams, { step: place.done, B: rowsPerStep, T: prefix });
      const inspect = refuseDivergence(this.model.config, { at: this.steps, warm: true, active });
      const batch = { tokens, weights, k, B: rowsPerStep, T: prefix };
      const { losses } = await this.step.run(batch, learningRate, inspect);
      place.total += meanOf(losses);
      place.done++;
      this.steps++;
      if (count > 1) {
        const loss = place.total / place.done;
        const [done, total] = [place.done * rowTokens * k, count * rowTokens * k];
        this.watch.report({ stage, done, total, unit: 'tokens', note: `loss ${loss.toFixed(2)}`, values: { loss } });
      }
      await this.offer(place);
      await yieldToEventLoop();
    }
    await this.step.fetch();
    this.trainLoss = place.total / count;
  }

  private async record(round: number, gone?: number): Promise<void> {
    const { k } = this.settings;
    const { model, validation, assignments, before, trainLoss } = this;
    const beta = this.betaOf(round);
    const judged = { model, judges: this.stack.part(0, k), validation, beta };
    const figures = await roundFigures(judged, {
      round,
      ...(gone !== undefined && { judged: gone }),
      k,
      assignments,
      before,
      trainLoss,
    });
    this.rounds.push(figures);
    const parts = gone === undefined ? 1 : partsOfRound;
    const done = this.rounds.length;
    const total = this.settings.rounds * parts;
    const unit = parts === 1 ? 'rounds' : 'parts';
    this.watch.report({ stage: 'Rounds of splitting', done, total, unit, values: roundCurves(figures) });
  }

  async dispose(): Promise<void> {
    await this.step.dispose();
  }
}

/** All experts as they begin: as the base model is, or after learning from the whole corpus together. */
async function beginning(
  model: LanguageModel,
  prefixes: readonly Int32Array[],
  { k, folds, lora, seed, commonTokens, learningRate, prefix }: PerplexityEmSettings,
  watch: Watch,
): Promise<AdapterStack> {
  if (commonTokens === 0) return createAdapters(model.config, lora, { count: folds * k, seed });
  const training = { ...defaultTraining, lora, learningRate, seed, context: prefix };
  const stack = await once(renamed(watch, 'Learning the whole corpus'), 'common', stackCodec(model.config), (part) =>
    trainExperts(model, [prefixes], commonTokens, training, part).then((trained) => trained.stack),
  );
  return stackAdapters(new Array<AdapterStack>(folds * k).fill(stack));
}

function meanOf(losses: Float64Array): number {
  const seen = losses.filter((loss) => !Number.isNaN(loss));
  return seen.reduce((a, b) => a + b, 0) / Math.max(1, seen.length);
}
