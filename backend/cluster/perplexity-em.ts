/**
 * Splitting a corpus by perplexity: Monte-Carlo EM over k experts that start from one base model. E-step: the cross-entropy
 * of each document's prefix under each expert, a posterior over experts, an assignment. M-step: each expert is fine-tuned on
 * the documents assigned to it. The balanced, annealed form follows SMALLTALK (Filippova et al. 2024); the literal form is
 * the rule "probability inverse to the perplexity", document by document.
 */
import { type AdapterStack, createAdapters, stackAdapters } from '../model/adapter';
import type { LanguageModel } from '../model/language-model';
import { score } from '../model/score';
import { TrainStep } from '../model/train-step';
import { renamed, type Watch } from '../protocol/progress';
import { createRandom, type Random } from '../protocol/random';
import { defaultAdamW } from '../tensor/optimizer';
import { packedRows, TokenStream } from '../train/batches';
import { breathe, defaultTraining, trainExperts } from '../train/trainer';
import { assignBalanced } from './balance';
import type { RoundFigures } from './clustering';
import type { PerplexityEmSettings } from './perplexity-settings';
import { argmax, meanEntropy, posteriorsOf, sumOverTokens } from './posteriors';

export interface PerplexityEmResult {
  /** The pile of each document [N]: the expert with the highest posterior. */
  readonly assignments: Int32Array;
  /** P(e|d) at β = 1 under the final experts [N, k]. */
  readonly posteriors: Float64Array;
  /** Documents that fit no expert: a flat posterior, or worse under every expert than under the base. */
  readonly outliers: readonly number[];
  readonly rounds: readonly RoundFigures[];
}

const rowsPerStep = 4;
// A posterior this close to uniform, as a share of ln k, says nothing about where the document belongs.
const flatEntropy = 0.9;
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
  /** Which half each document is in: that half's experts learn from it, the other's judge it. */
  private readonly fold: Int32Array;
  private readonly rounds: RoundFigures[] = [];
  private steps = 0;
  /** Nats per token of the training done last. */
  private trainLoss = Number.NaN;
  private readonly all: readonly number[];

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
    const step = await TrainStep.adapters(model, stack, { optimizer: adamAfterRestart });
    const random = createRandom(settings.seed, 77);
    return new PerplexityEm(model, prefixes, validation.map(cut), bounded, watch, stack, step, random);
  }

  async finish(): Promise<PerplexityEmResult> {
    const { beta, start, k, block } = this.settings;
    // Experts that are still equal cannot tell documents apart: they first learn from the piles they start with.
    if (beta !== 'literal' || start !== undefined) await this.learn(this.all, 'Learning the starting piles');
    const losses = block === undefined ? await this.wholeRounds() : await this.blockRounds(block);
    const posteriors = this.posteriors(this.all, losses, beta === 'literal' ? 'literal' : 1);
    return {
      // Capacity holds in training only.
      assignments: Int32Array.from(this.all, (d) => argmax(posteriors, d * k, k)),
      posteriors,
      outliers: await this.outliers(losses, posteriors),
      rounds: this.rounds,
    };
  }

  /** All documents are judged, then learned from; the last round only judges. Returns its losses [N, k]. */
  private async wholeRounds(): Promise<Float64Array> {
    const { rounds } = this.settings;
    let losses: Float64Array = new Float64Array(0);
    for (let round = 1; round <= rounds; round++) {
      const before = this.assignments.slice();
      losses = await this.crossEntropies(this.all, `Splitting, round ${round} of ${rounds}`);
      this.assign(this.all, losses, round);
      await this.record(round, before);
      if (round < rounds) await this.learn(this.all, `Learning, round ${round} of ${rounds}`);
    }
    return losses;
  }

  /** Some documents are judged and learned from, then the next, in an order drawn for each round. */
  private async blockRounds(size: number): Promise<Float64Array> {
    for (let round = 1; round <= this.settings.rounds; round++) {
      const before = this.assignments.slice();
      const order = this.random.shuffle(this.all);
      for (let from = 0; from < order.length; from += size) {
        const block = order.slice(from, from + size);
        const stage = `Round ${round}: documents ${from + 1} to ${from + block.length} of ${order.length}`;
        this.assign(block, await this.crossEntropies(block, stage), round);
        await this.learn(block, stage);
      }
      await this.record(round, before);
    }
    return this.crossEntropies(this.all, 'Final assignment');
  }

  /** Nats of each document's whole prefix under each expert that did not learn from it [documents, k]. */
  private async crossEntropies(documents: readonly number[], stage: string): Promise<Float64Array> {
    const { k, folds } = this.settings;
    const result = new Float64Array(documents.length * k);
    let done = 0;
    const onBatch = (count: number): void => {
      this.watch.signal.throwIfAborted();
      done += count;
      // Blocks of a few documents would only make the line flicker.
      if (documents.length > 1000) this.watch.report({ stage, done, total: documents.length, unit: 'documents' });
    };
    for (let half = 0; half < folds; half++) {
      const places = Array.from(documents.keys()).filter((i) => this.fold[documents[i]] === half);
      const judges = this.stack.part(k * ((half + 1) % folds), k);
      const sequences = places.map((i) => this.prefixes[documents[i]]);
      const losses = sumOverTokens(await score(this.model, sequences, judges, { onBatch }), k);
      places.forEach((i, row) => result.set(losses.subarray(row * k, (row + 1) * k), i * k));
    }
    return result;
  }

  /** Draws a pile for each document; in the last round of whole rounds the most probable one is taken. */
  private assign(documents: readonly number[], losses: Float64Array, round: number): void {
    const { k, capacity, rounds, block } = this.settings;
    const last = round === rounds && block === undefined;
    const scores = this.posteriors(documents, losses, this.betaOf(round)).map(Math.log);
    // Gumbel noise turns the maximum into a draw from the posterior (Gumbel-max), with or without capacity.
    if (!last) scores.forEach((s, i) => (scores[i] = s - Math.log(-Math.log(1 - this.random.uniform()))));
    const piles = assignBalanced(scores, k, capacity === 'off' || last ? k : capacity);
    documents.forEach((document, i) => (this.assignments[document] = piles[i]));
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
  private async learn(documents: readonly number[], stage: string): Promise<void> {
    const { prefix, tokensPerRound, learningRate, seed } = this.settings;
    const k = this.settings.k * this.settings.folds;
    const streams = Array.from({ length: k }, (_, expert) => {
      const [half, pile] = [Math.floor(expert / this.settings.k), expert % this.settings.k];
      const members = documents.filter((d) => this.fold[d] === half && this.assignments[d] === pile);
      const texts = members.map((d) => this.prefixes[d]);
      return texts.length === 0 ? undefined : new TokenStream(texts, seed * 7919 + this.steps);
    });
    const share = documents.length / this.prefixes.length;
    const rowTokens = rowsPerStep * prefix;
    const count = Math.max(1, Math.round((tokensPerRound * share) / rowTokens / this.settings.folds));
    const weights = new Float32Array(k * rowTokens);
    streams.forEach((stream, e) => weights.fill(stream === undefined ? 0 : 1, e * rowTokens, (e + 1) * rowTokens));
    let total = 0;
    for (let i = 0; i < count; i++) {
      this.watch.signal.throwIfAborted();
      const tokens = packedRows(streams, { step: i, B: rowsPerStep, T: prefix });
      const { losses } = await this.step.run({ tokens, weights, k, B: rowsPerStep, T: prefix }, learningRate);
      total += meanOf(losses);
      this.steps++;
      if (count > 1) {
        const note = `loss ${(total / (i + 1)).toFixed(2)}`;
        this.watch.report({ stage, done: (i + 1) * rowTokens * k, total: count * rowTokens * k, unit: 'tokens', note });
      }
      await breathe();
    }
    this.trainLoss = total / count;
  }

  private async record(round: number, before: Int32Array): Promise<void> {
    const { k } = this.settings;
    const judges = this.stack.part(0, k);
    const losses = sumOverTokens(await score(this.model, this.validation, judges), k);
    const tokens = this.validation.reduce((total, sequence) => total + sequence.length - 1, 0);
    let best = 0;
    for (let d = 0; d < this.validation.length; d++) best += Math.min(...losses.subarray(d * k, (d + 1) * k));
    const sizes = new Array<number>(k).fill(0);
    for (const pile of this.assignments) sizes[pile]++;
    const moved = this.assignments.reduce((count, pile, d) => count + (pile === before[d] ? 0 : 1), 0);
    const beta = this.betaOf(round);
    const betas = Float64Array.from(this.validation, ({ length }) =>
      beta === 'literal' ? 1 / Math.max(1, length - 1) : beta,
    );
    this.rounds.push({
      round,
      ...(beta === 'literal' ? {} : { beta }),
      entropy: meanEntropy(posteriorsOf(losses, k, betas), k),
      shares: sizes.map((size) => size / this.prefixes.length),
      churn: moved / this.prefixes.length,
      dead: sizes.filter((size) => size === 0).length,
      trainLoss: this.trainLoss,
      validationLoss: best / Math.max(1, tokens),
    });
  }

  private async outliers(losses: Float64Array, posteriors: Float64Array): Promise<number[]> {
    const { k } = this.settings;
    const base = sumOverTokens(await score(this.model, this.prefixes), 1);
    return this.all.filter((d) => {
      const flat = meanEntropy(posteriors.subarray(d * k, (d + 1) * k), k) > flatEntropy * Math.log(k);
      return flat || Math.min(...losses.subarray(d * k, (d + 1) * k)) > base[d];
    });
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
  const { stack } = await trainExperts(
    model,
    [prefixes],
    commonTokens,
    training,
    renamed(watch, 'Learning the whole corpus'),
  );
  return stackAdapters(new Array<AdapterStack>(folds * k).fill(stack));
}

function meanOf(losses: Float64Array): number {
  const seen = losses.filter((loss) => !Number.isNaN(loss));
  return seen.reduce((a, b) => a + b, 0) / Math.max(1, seen.length);
}
