/** Experts that write a text together. */
import { createRandom } from '../base/random';
import { stackExperts } from '../model/experts/forms';
import type { ExpertStack } from '../model/experts/stack';
import { Decoder, type NextToken } from '../model/decoding/decoder';
import { type Distributions, type ReadOptions, type Speaker, speakerOf } from '../model/decoding/generate';
import type { LanguageModel } from '../model/language-model';
import { butTheLeast, type Choice, everybody, leading, oneDrawn } from './choice';
import { mixtureCombine, Opinions, prefixWeights, spokenBy } from './decode';
import type { FittedWeighting } from './weighting';

export interface Drawing {
  /** From the distribution of the mixture, or first an expert by its weight and then a token of this expert: of the same distribution. */
  readonly sampling: 'mixture' | 'expert-first';
  /** Experts that have no more weight than this together need not be asked. */
  readonly skip: number;
  readonly seed: number;
}

/** All columns of a weighting. */
interface Experts {
  readonly model: LanguageModel;
  readonly stack: ExpertStack;
}

/**
 * A mixture of experts. Where their weights depend on what each says of every token, all read all of it. Else only those read a token
 * that are asked after it, and the others make up for it when they are asked.
 */
export async function mixtureSpeaker(
  weighting: FittedWeighting,
  experts: Experts,
  { sampling, skip, seed }: Drawing,
): Promise<Speaker> {
  const { model, stack } = experts;
  const { needs, base, exponents } = weighting;
  // What is no mixture has no expert whose token would be one of it.
  const mixed = exponents === undefined;
  const draw = sampling === 'mixture' || !mixed ? everybody : oneDrawn(createRandom(seed, 1));
  const needsAll = needs.losses !== undefined || (needs.hidden !== undefined && base !== 'probed');
  const inTurn = mixed && !needsAll && (skip > 0 || draw !== everybody);
  if (!inTurn)
    return speakerOf(
      await Decoder.create(model, stack, { fewRows: true }),
      mixtureCombine(weighting, model, stack, draw),
    );
  const some = skip > 0 ? butTheLeast(skip) : everybody;
  return new ExpertsInTurn(weighting, experts, (weights) => draw(some(weights)));
}

/**
 * Experts of which each reads by itself, and only when it is asked: first what it missed, in one go. A base model that is probed reads every
 * token: beside the expert that leads after the beginning of the text, for two read in one pass take little longer than one.
 */
class ExpertsInTurn implements Speaker {
  private readonly text: number[] = [];
  private readonly weigh: ReturnType<typeof prefixWeights>;
  /** Of those who were asked before, by their columns. */
  private readonly decoders = new Map<number, Decoder>();
  /** The expert that the base model reads beside. */
  private beside: number | undefined;

  constructor(
    private readonly weighting: FittedWeighting,
    private readonly experts: Experts,
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
    const { k, base } = this.weighting;
    const rows = each ? T : 1;
    const said = new Map<number, NextToken>();
    const ask = async (column: number): Promise<NextToken> => {
      const next = said.get(column) ?? (await this.catchUp(column, rows));
      said.set(column, next);
      return next;
    };
    const weights = this.weigh(tokens, base === 'probed' ? await ask(this.beside ?? k) : {});
    const asked = weights.slice(-rows);
    if (base === 'probed' && this.beside === undefined) await ask((this.beside = leading(asked[rows - 1])));
    const speaking = each ? asked : asked.map(this.choose);
    const logits: Float32Array[] = [];
    for (let e = 0; e < k; e++) {
      const silent = speaking.every((row) => row[e] === -Infinity);
      // An expert's own logits stand before those of the base model beside it.
      const own = rows * this.experts.model.config.vocabularySize;
      logits.push(silent ? new Float32Array(0) : (await ask(e)).logits.subarray(0, own));
    }
    return spokenBy(new Opinions(logits, rows), asked, speaking);
  }

  /** What a column says after the last so many tokens, having read what it missed. */
  private async catchUp(column: number, rows: number): Promise<NextToken> {
    const { model } = this.experts;
    const decoder = this.decoders.get(column) ?? (await Decoder.create(model, this.readers(column), { fewRows: true }));
    this.decoders.set(column, decoder);
    const missed = this.text.slice(decoder.length);
    if (rows === 1) return decoder.read(missed);
    const before = missed.slice(0, -rows);
    if (before.length > 0) await decoder.read(before);
    return decoder.read(missed.slice(-rows), { each: true });
  }

  private readers(column: number): ExpertStack {
    const { stack } = this.experts;
    const alone = stack.part(column, 1);
    return column === this.beside ? stackExperts([alone, stack.part(this.weighting.k, 1)]) : alone;
  }

  dispose(): void {
    for (const decoder of this.decoders.values()) decoder.dispose();
  }
}
