/** One prompt before a council: its members write, read each other and judge, and who said what is kept. */
import type { AnswerSettings, AnswerWatch } from '../answer/answerer';
import type { AnswerToken, Prompt } from '../protocol/answers';
import type { Answer, CouncilTold } from '../protocol/inference';
import { AbstainedError } from './chat-member';
import { conversationOf } from './chat-words';
import { type Ballot, type Judgement, largest, mean, posteriorOfAll, softmax } from './election';
import { type Member, memberPrompt, type Seats, wordsOf } from './procedure';
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
  private readonly abstained: NonNullable<CouncilTold['abstained']> = [];

  constructor(
    readonly seats: Seats,
    readonly prompt: Prompt,
    private readonly settings: AnswerSettings,
    private readonly watch: AnswerWatch,
  ) {}

  /** A member writes for the others; a chat model may abstain. Throws what its answerer throws else. */
  write(member: number, step: Step): Promise<Statement> {
    return this.speak(member, step, () => undefined);
  }

  /** The first that does not abstain of all members, from this one on. */
  async writeInTurn(first: number, step: Step): Promise<Statement> {
    const { length } = this.seats.members;
    for (let turn = 0; ; turn++) {
      const statement = await this.write((first + turn) % length, step);
      if (statement.abstained !== true || turn + 1 === length) return statement;
    }
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
    const { members, instruction } = this.seats;
    const { role, fits } = members[member];
    const prompt = this.promptFor(members[member]);
    const beside = JSON.stringify([role, instruction, task, prompt]);
    const said = read.filter(({ said: { text } }) => text.trim() !== '');
    const cutAt = (most: number): Prompt => {
      const material = [most === 0 ? '' : fenced(said, most, beside), task].filter((part) => part !== '').join('\n');
      return memberPrompt(role, instruction, prompt, material);
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

  /** What each member finds of the drafts, after the plain prompt: experts by likelihood, chat models in words. */
  async judge(drafts: readonly Statement[]): Promise<Judgement[]> {
    const passages = drafts.map(({ said: { text } }) => ({ text, after: this.prompt }));
    const judgements: Judgement[] = [];
    for (const [member, { answerer, chat }] of this.seats.members.entries()) {
      if (chat !== undefined) judgements.push(await this.vote(member, drafts));
      else {
        const nats = await answerer.score(passages, { signal: this.watch.signal });
        judgements.push(nats.map((own) => mean([...own].map((value) => -value))));
      }
    }
    return judgements;
  }

  /**
   * P(member | prompt) [members]: each expert is believed as probable as it makes the words of the prompt, all being equal before
   * (the domain posterior of DEMix, Gururangan et al. 2022); chat models have equal shares.
   */
  async posterior(): Promise<number[]> {
    const text = wordsOf(this.prompt);
    const { members } = this.seats;
    const logs: number[] = [];
    for (const { answerer, chat } of members) {
      if (chat !== undefined) continue;
      const [nats] = await answerer.score([{ text }], { signal: this.watch.signal });
      logs.push(-nats.reduce((total, value) => total + value, 0));
    }
    return posteriorOfAll(
      softmax(logs),
      members.map(({ chat }) => chat === undefined),
    );
  }

  /** The expert with the largest P(member | prompt): it is chosen among those that have one of their own. */
  likeliest(posterior: readonly number[]): number {
    return largest(this.seats.members.map(({ chat }, i) => (chat === undefined ? posterior[i] : -1)));
  }

  /** Chat models have no part in a step, for a reason that lies in the procedure. */
  leaveOut(step: string, why: string): void {
    for (const { chat, name } of this.seats.members) {
      if (chat !== undefined) this.abstained.push({ expert: name, step, why });
    }
  }

  /** The answer, where it is one of these candidates, and how it came about. Where its writer abstained, the last one that did not is taken. */
  conclude(candidates: readonly Statement[], outcome: Outcome): CouncilAnswer {
    const { votes = [], judgements = [], posterior } = outcome;
    const gaveNothing = candidates[outcome.winner].abstained === true;
    const winner = gaveNothing ? candidates.findLastIndex(({ abstained }) => abstained !== true) : outcome.winner;
    const { member, said } = candidates[winner];
    const nameOf = (statement: Statement): string => this.seats.members[statement.member].name;
    const drafts = candidates.map((draft, i) => ({
      expert: nameOf(draft),
      text: draft.said.text,
      scores: scoresOf(judgements, i),
      votes: votes[i] ?? 0,
    }));
    const transcript = this.statements.map((one) => ({
      expert: nameOf(one),
      step: one.step,
      text: one.said.text,
      read: one.read.map((other) => this.statements.indexOf(other)),
      ...(one.shortened && { shortened: true as const }),
    }));
    const tokens = said.tokens.map((token) => this.tokenOf(member, token));
    // What was to be told as it came did not come.
    if (gaveNothing) tokens.forEach(this.watch.onToken);
    const council = { winner, drafts, ...(posterior && { posterior: [...posterior] }), transcript };
    return { text: said.text, finish: said.finish, tokens, council: { ...council, ...this.left() } };
  }

  /** The same for drafts that were voted on: nothing of the answer has been told before. */
  concludeVote(drafts: readonly Statement[], outcome: Outcome): CouncilAnswer {
    const answer = this.conclude(drafts, outcome);
    answer.tokens.forEach(this.watch.onToken);
    return answer;
  }

  /** Who had no part in a step, where there is somebody. */
  left(): Pick<CouncilTold, 'abstained'> {
    return this.abstained.length === 0 ? {} : { abstained: this.abstained };
  }

  private promptFor({ chat }: Member): Prompt {
    return chat === undefined ? this.prompt : conversationOf(this.seats.chatPrompt ?? this.prompt);
  }

  private async speak(member: number, step: Step, onToken: AnswerWatch['onToken']): Promise<Statement> {
    const { prompt, shortened } = this.reading(member, step);
    const { signal } = this.watch;
    signal.throwIfAborted();
    // Each draws for itself, so that an expert may sit there several times.
    const settings = { ...this.settings, seed: this.settings.seed + member };
    const { answerer, name } = this.seats.members[member];
    const answer = answerer.answer(prompt, settings, { signal, onToken });
    const said = await answer.catch((error: unknown) => this.without(member, step.name, error));
    const silent: Answer = { text: '', finish: 'stop', experts: [name], promptTokens: 0, tokens: [] };
    const statement = {
      ...{ member, step: step.name, said: said ?? silent, read: step.read ?? [], shortened },
      abstained: said === undefined,
    };
    this.statements.push(statement);
    return statement;
  }

  /** The choice of a chat model among drafts that say something. */
  private async vote(member: number, drafts: readonly Statement[]): Promise<Judgement> {
    const { role, chat } = this.seats.members[member];
    const shown = [...drafts.keys()].filter((draft) => drafts[draft].said.text.trim() !== '');
    if (chat === undefined || shown.length === 0) return undefined;
    const texts = shown.map((draft) => drafts[draft].said.text);
    const turns = memberPrompt(role, this.seats.instruction, conversationOf(this.seats.chatPrompt ?? this.prompt));
    const chosen = chat.choose(conversationOf(turns), texts, { signal: this.watch.signal, among: 'drafts' });
    const found = await chosen.catch((error: unknown) => this.without(member, 'vote', error));
    return found === undefined ? undefined : { choice: shown[found.choice] };
  }

  /** Goes on without what a chat model did not give; throws all else. */
  private without(member: number, step: string, error: unknown): undefined {
    if (!(error instanceof AbstainedError)) throw error;
    this.abstained.push({ expert: this.seats.members[member].name, step, why: error.message });
    return undefined;
  }

  private tokenOf(member: number, token: AnswerToken): AnswerToken {
    return { ...token, weights: this.seats.members.map((_, i) => (i === member ? 1 : 0)) };
  }
}

/** Of a draft the log-probability per token under each member, null where it told none; nothing of a draft without tokens. */
function scoresOf(judgements: readonly Judgement[], draft: number): (number | null)[] {
  const scores = judgements.map((own) => (own === undefined || 'choice' in own ? null : own[draft]));
  return scores.includes(Number.NEGATIVE_INFINITY) ? [] : scores;
}

/** Which candidate is the answer, with what spoke for it. */
export interface Outcome extends Partial<Ballot> {
  readonly winner: number;
  readonly judgements?: readonly Judgement[];
  /** P(member | prompt) [members], where it was asked for. */
  readonly posterior?: readonly number[];
}

type CouncilAnswer = Pick<Answer, 'text' | 'finish' | 'tokens' | 'council'>;
