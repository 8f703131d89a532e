/** One prompt before a council: its members write, read each other and judge, and who said what is kept. */
import type { AnswerSettings, AnswerWatch } from '../answer/answerer';
import type { Answer } from '../protocol/inference';
import type { AnswerToken, Prompt } from '../protocol/messages';
import { type Ballot, type Judgements, mean, softmax } from './election';
import { memberPrompt, type Seats, wordsOf } from './procedure';
import { fenced, type Statement } from './statements';

/** What a member is to write, and what it reads before. */
export interface Step {
  readonly name: string;
  /** What it is told to do; nothing where it is to answer the prompt. */
  readonly task?: string;
  readonly read?: readonly Statement[];
}

/** What a member reads at a step. */
export interface Reading {
  readonly prompt: Prompt;
  /** Whether what others wrote was cut short, or left out, to make room. */
  readonly shortened: boolean;
}

export class Meeting {
  private readonly statements: Statement[] = [];

  constructor(
    readonly seats: Seats,
    readonly prompt: Prompt,
    private readonly settings: AnswerSettings,
    private readonly watch: AnswerWatch,
  ) {}

  /** A member writes for the others. Throws what its answerer throws. */
  write(member: number, step: Step): Promise<Statement> {
    return this.speak(member, step, () => undefined);
  }

  /** Every member writes, one after the other, without reading what is written meanwhile. */
  async everyone(step: Step): Promise<Statement[]> {
    const written: Statement[] = [];
    for (const [member] of this.seats.members.entries()) written.push(await this.write(member, step));
    return written;
  }

  /** A member writes the answer: its tokens are told as they come. */
  writeAnswer(member: number, step: Step): Promise<Statement> {
    return this.speak(member, step, (token) => this.watch.onToken(this.tokenOf(member, token)));
  }

  /** What a member reads at a step: where it is too long, each statement loses its end until there is room for an answer. */
  reading(member: number, { task = '', read = [] }: Step): Reading {
    const { members, instruction, fits } = this.seats;
    const { role } = members[member];
    const beside = JSON.stringify([role, instruction, task, this.prompt]);
    const said = read.filter(({ said: { text } }) => text.trim() !== '');
    const cutAt = (most: number): Prompt => {
      const material = [most === 0 ? '' : fenced(said, most, beside), task].filter((part) => part !== '').join('\n');
      return memberPrompt(role, instruction, this.prompt, material);
    };
    const longest = Math.max(0, ...said.map(({ said: { text } }) => text.length));
    const whole = cutAt(longest);
    if (said.length === 0 || fits(whole, this.settings.maxTokens)) return { prompt: whole, shortened: false };
    let [low, high] = [0, longest];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (fits(cutAt(middle), this.settings.maxTokens)) low = middle;
      else high = middle;
    }
    return { prompt: cutAt(low), shortened: true };
  }

  /** Each draft under each member, after the plain prompt. */
  async judge(drafts: readonly Statement[]): Promise<Judgements> {
    const passages = drafts.map(({ said: { text } }) => ({ text, after: this.prompt }));
    const judgements: number[][] = drafts.map(() => []);
    for (const { answerer } of this.seats.members) {
      const nats = await answerer.score(passages, { signal: this.watch.signal });
      for (const [i, ofDraft] of nats.entries()) if (ofDraft.length > 0) judgements[i].push(-mean([...ofDraft]));
    }
    return judgements;
  }

  /**
   * P(member | prompt) [members]: each member is believed as probable as it makes the words of the prompt, all being equal before
   * (the domain posterior of DEMix, Gururangan et al. 2022).
   */
  async posterior(): Promise<number[]> {
    const text = wordsOf(this.prompt);
    const logs: number[] = [];
    for (const { answerer } of this.seats.members) {
      const [nats] = await answerer.score([{ text }], { signal: this.watch.signal });
      logs.push(-nats.reduce((total, value) => total + value, 0));
    }
    return softmax(logs);
  }

  /** The answer, where it is one of these candidates, and how it came about. */
  conclude(candidates: readonly Statement[], outcome: Outcome): CouncilAnswer {
    const { winner, votes = [], judgements = [], posterior } = outcome;
    const { member, said } = candidates[winner];
    const nameOf = (statement: Statement): string => this.seats.members[statement.member].name;
    const drafts = candidates.map((draft, i) => ({
      expert: nameOf(draft),
      text: draft.said.text,
      scores: [...(judgements[i] ?? [])],
      votes: votes[i] ?? 0,
    }));
    const transcript = this.statements.map((one) => ({
      expert: nameOf(one),
      step: one.step,
      text: one.said.text,
      read: one.read.map((other) => this.statements.indexOf(other)),
      ...(one.shortened && { shortened: true as const }),
    }));
    return {
      text: said.text,
      finish: said.finish,
      tokens: said.tokens.map((token) => this.tokenOf(member, token)),
      council: { winner, drafts, ...(posterior && { posterior: [...posterior] }), transcript },
    };
  }

  /** The same for drafts that were voted on: nothing of the answer has been told before. */
  concludeVote(drafts: readonly Statement[], outcome: Outcome): CouncilAnswer {
    const answer = this.conclude(drafts, outcome);
    answer.tokens.forEach(this.watch.onToken);
    return answer;
  }

  private async speak(member: number, step: Step, onToken: AnswerWatch['onToken']): Promise<Statement> {
    const { prompt, shortened } = this.reading(member, step);
    const { signal } = this.watch;
    signal.throwIfAborted();
    // Each draws for itself, so that an expert may sit there several times.
    const settings = { ...this.settings, seed: this.settings.seed + member };
    const said = await this.seats.members[member].answerer.answer(prompt, settings, { signal, onToken });
    const statement = { member, step: step.name, said, read: step.read ?? [], shortened };
    this.statements.push(statement);
    return statement;
  }

  private tokenOf(member: number, token: AnswerToken): AnswerToken {
    return { ...token, weights: this.seats.members.map((_, i) => (i === member ? 1 : 0)) };
  }
}

/** Which candidate is the answer, with what spoke for it. */
export interface Outcome extends Partial<Ballot> {
  readonly winner: number;
  readonly judgements?: Judgements;
  /** P(member | prompt) [members], where it was asked for. */
  readonly posterior?: readonly number[];
}

type CouncilAnswer = Pick<Answer, 'text' | 'finish' | 'tokens' | 'council'>;
