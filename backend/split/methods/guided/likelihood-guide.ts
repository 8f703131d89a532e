import type { LanguageModel } from '../../../model/language-model';
import { score } from '../../../model/score';
import type { AnswerBook } from '../../../chat/answer-book';
import type { Budget } from './guide-budget';
import type { GuideChoice, Guide, GuideFigures, Material, GuideVerdict } from './guide';

/** Tokens of each document that are read, and documents of a candidate that stand before them. */
const [readTokens, shownDocuments] = [64, 2];
/** A candidate has to help a cluster's documents nearly as much as others of the cluster itself do. */
const share = 0.75;

/**
 * The base model as guide, without a word: a cluster belongs to the candidate whose text makes its own most probable, by
 * log p(d | candidate) − log p(d), nats per token, over documents d of it, and less what that text does for any document. There is none
 * where other documents of the cluster itself would do much more.
 */
export class LikelihoodGuide implements Guide {
  private kept = 0;
  /** By the mark of a candidate: what its text does for any document. */
  private readonly usual = new Map<string, number>();

  constructor(
    private readonly model: LanguageModel,
    private readonly book: AnswerBook,
    private readonly budget: Budget,
    private readonly signal: AbortSignal,
    /** Documents of all kinds. */
    private readonly background: readonly string[],
  ) {}

  get name(): string {
    return `likelihood under ${this.model.name}`;
  }

  get figures(): GuideFigures {
    const { queries, tokens } = this.budget;
    return { queries, tokens, kept: this.kept, malformed: 0, askedAgain: 0, silent: 0 };
  }

  async choose(subject: Material, candidates: readonly Material[]): Promise<GuideVerdict> {
    const [own, rest] = halves(subject);
    const [self, ...gains] = await this.lifts(own, [rest, ...candidates]);
    const gain = Math.max(...gains);
    // A document alone has nothing of its own to be compared with.
    const enough = subject.excerpts.length === 1 ? gain > 0 : self > 0 && gain > share * self;
    return { candidate: enough ? gains.indexOf(gain) : 'none', gain };
  }

  /** The other way about: the cluster's text has to make the candidate's more probable, too. */
  async confirm(subject: Material, { chosen }: GuideChoice): Promise<boolean> {
    const [gain] = await this.lifts(chosen, [subject]);
    return gain > 0;
  }

  title(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** What each candidate's text does for the documents of a cluster more than for any. */
  private async lifts(subject: Material, candidates: readonly Material[]): Promise<number[]> {
    const gains = await this.gains(subject, candidates);
    const unknown = candidates.filter(({ id }) => !this.usual.has(id));
    if (unknown.length > 0) {
      const usual = await this.gains({ id: '', words: [], excerpts: this.background }, unknown);
      unknown.forEach(({ id }, i) => this.usual.set(id, usual[i]));
    }
    return gains.map((gain, i) => gain - (this.usual.get(candidates[i].id) ?? 0));
  }

  private async gains(subject: Material, candidates: readonly Material[]): Promise<readonly number[]> {
    this.signal.throwIfAborted();
    this.budget.take();
    const question = [this.model.name, subject, candidates];
    const { answer, known } = await this.book.answer(question, () => this.compute(subject, candidates));
    this.kept += Number(known);
    this.budget.tokens += answer.tokens;
    return answer.gains;
  }

  private async compute(
    subject: Material,
    candidates: readonly Material[],
  ): Promise<{ gains: number[]; tokens: number }> {
    const beginnings = (texts: readonly string[]): Int32Array[] =>
      texts
        .map((text) => this.model.tokenizer.encode(text).subarray(0, readTokens + 1))
        .filter(({ length }) => length > 1);
    const documents = beginnings(subject.excerpts);
    const before = candidates.map(({ excerpts }) => joined(beginnings(excerpts.slice(0, shownDocuments))));
    const sequences = [Int32Array.of(), ...before].flatMap((context) =>
      documents.map((document) => Int32Array.from([...context, ...document])),
    );
    const losses = await score(this.model, sequences);
    // Of each sequence only the document's own tokens count.
    const mean = (sequence: number, { length }: Int32Array): number =>
      losses[sequence].subarray(1 - length).reduce((sum, nll) => sum + nll, 0) / (length - 1);
    const alone = documents.map((document, d) => mean(d, document));
    const gains = candidates.map((_, c) => {
      const differences = documents.map((document, d) => alone[d] - mean((c + 1) * documents.length + d, document));
      return differences.reduce((sum, gain) => sum + gain, 0) / documents.length;
    });
    return { gains, tokens: sequences.reduce((sum, { length }) => sum + length, 0) };
  }
}

function joined(texts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(texts.flatMap((text) => [...text]));
}

/** Documents that are read, and others of the same cluster; of a single document the same one twice. */
function halves(subject: Material): [Material, Material] {
  const half = Math.ceil(subject.excerpts.length / 2);
  const [own, rest] = [subject.excerpts.slice(0, half), subject.excerpts.slice(half)];
  return [
    { ...subject, excerpts: own },
    { ...subject, id: `${subject.id} rest`, excerpts: rest.length > 0 ? rest : own },
  ];
}
