/** Experts that write a text together. */
import { createRandom } from '../base/random';
import type { ExpertStack } from '../model/experts/stack';
import { Decoder } from '../model/decoding/decoder';
import { type Distributions, type ReadOptions, type Speaker, speakerOf } from '../model/decoding/generate';
import type { LanguageModel } from '../model/language-model';
import { butTheLeast, type Choice, everybody, oneDrawn } from './choice';
import { mixtureCombine, Opinions, prefixWeights, spokenBy } from './decode';
import type { FittedWeighting } from './weighting';

export interface Drawing {
  /** From the distribution of the mixture, or first an expert by its weight and then a token of this expert: of the same distribution. */
  readonly sampling: 'mixture' | 'expert-first';
  /** Experts that have no more weight than this together need not be asked. */
  readonly skip: number;
  readonly seed: number;
}

/**
 * A mixture of experts. Where their weights depend on what each says of every token, all read all of it. Else only those read a token
 * that are asked after it, and the others make up for it when they are asked.
 */
export async function mixtureSpeaker(
  weighting: FittedWeighting,
  experts: { readonly model: LanguageModel; readonly stack: ExpertStack },
  { sampling, skip, seed }: Drawing,
): Promise<Speaker> {
  const { model, stack } = experts;
  const { needs, exponents } = weighting;
  // What is no mixture has no expert whose token would be one of it.
  const mixed = exponents === undefined;
  const draw = sampling === 'mixture' || !mixed ? everybody : oneDrawn(createRandom(seed, 1));
  const inTurn = mixed && needs.losses === undefined && needs.hidden === undefined && (skip > 0 || draw !== everybody);
  if (!inTurn)
    return speakerOf(
      await Decoder.create(model, stack, { fewRows: true }),
      mixtureCombine(weighting, model, stack, draw),
    );
  const some = skip > 0 ? butTheLeast(skip) : everybody;
  return new ExpertsInTurn(weighting, experts, (weights) => draw(some(weights)));
}

/** Experts of which each reads by itself, and only when it is asked: first what it missed, in one go. */
class ExpertsInTurn implements Speaker {
  private readonly text: number[] = [];
  private readonly weigh: ReturnType<typeof prefixWeights>;
  /** Of those who were asked before, by their numbers. */
  private readonly decoders = new Map<number, Decoder>();

  constructor(
    private readonly weighting: FittedWeighting,
    private readonly experts: { readonly model: LanguageModel; readonly stack: ExpertStack },
    private readonly choose: Choice,
  ) {
    this.weigh = prefixWeights(weighting, experts.model.tokenizer);
  }

  get length(): number {
    return this.text.length;
  }

  get room(): number {
    return this.experts.model.config.maxPositions - this.length;
  }

  async read(tokens: ArrayLike<number>, { each = false }: ReadOptions = {}): Promise<Distributions> {
    const T = tokens.length;
    if (T === 0 || T > this.room) throw new RangeError(`${T} tokens after ${this.length} do not fit the model`);
    this.text.push(...Array.from(tokens));
    const weights = this.weigh(tokens);
    const asked = each ? weights : weights.slice(-1);
    const speaking = each ? asked : asked.map(this.choose);
    const logits: Float32Array[] = [];
    for (let e = 0; e < this.weighting.k; e++) {
      const silent = speaking.every((row) => row[e] === -Infinity);
      logits.push(silent ? new Float32Array(0) : await this.ask(e, asked.length));
    }
    return spokenBy(new Opinions(logits, asked.length), asked, speaking);
  }

  /** Logits [R, V] of an expert after the last so many tokens. */
  private async ask(e: number, rows: number): Promise<Float32Array> {
    const { model, stack } = this.experts;
    const decoder = this.decoders.get(e) ?? (await Decoder.create(model, stack.part(e, 1), { fewRows: true }));
    this.decoders.set(e, decoder);
    const missed = this.text.slice(decoder.length);
    if (rows === 1) return (await decoder.read(missed)).logits;
    const before = missed.slice(0, -rows);
    if (before.length > 0) await decoder.read(before);
    return (await decoder.read(missed.slice(-rows), { each: true })).logits;
  }

  dispose(): void {
    for (const decoder of this.decoders.values()) decoder.dispose();
  }
}
