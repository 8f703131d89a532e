/** A council with chat models among its members before a multiple-choice question, by a procedure whose members write before they choose. */
import type { ChatTurn } from '../chat/chat-model';
import type { Prompt } from '../protocol/answers';
import { AbstainedError, type ChatMember } from './chat-member';
import { conversationOf, questionConversation } from './chat-words';
import { byWeight, type Choice, chosenBy, type Findings, sharesOf } from './choosing';
import { oneOf } from './election';
import { Meeting } from './meeting';
import { memberPrompt, type Procedure, type Seats } from './procedure';
import type { PutQuestion } from './put-question';
import type { ChoiceQuestion } from './questions';
import { allJudges, type Judge, spoken } from './score';
import type { ChoiceScale } from './settings';

interface Sitting {
  readonly asked: ChoiceQuestion;
  /** As experts read it. */
  readonly put: PutQuestion;
  /** Which of the ways to put a question. */
  readonly frame: number;
  readonly scale: ChoiceScale;
  /** The empty question, for the calibrated scale. */
  readonly empty: Prompt;
  readonly signal: AbortSignal;
}

/**
 * The share [choices] of each choice: the weighted mean of those who have the last word. Experts share theirs by likelihood, chat models
 * give all to the one that they name. Where all of them abstain the experts judge after the plain question.
 */
export async function sitTogether(seats: Seats, { judges }: Procedure, sitting: Sitting): Promise<readonly number[]> {
  const { put, asked, frame, signal } = sitting;
  const watch = { signal, onToken: () => undefined };
  const chatPrompt = questionConversation(asked.question, frame > 0);
  const meeting = new Meeting({ ...seats, chatPrompt }, put.prompt, spoken, watch);
  const last = (await judges?.(seats, meeting)) ?? [];
  const found = (await together(seats, last, sitting)) ?? (await together(seats, plainly(seats, put.prompt), sitting));
  if (found === undefined) throw new Error('no expert sits in a council');
  return found;
}

/** All experts, after what each is told. */
function plainly(seats: Seats, prompt: Prompt): Judge[] {
  const all = allJudges(seats, prompt).filter(({ member }) => seats.members[member].chat === undefined);
  return all.map((judge) => ({
    ...judge,
    after: memberPrompt(seats.members[judge.member].role, seats.instruction, prompt),
  }));
}

async function together(seats: Seats, judges: readonly Judge[], sitting: Sitting): Promise<number[] | undefined> {
  const shares: (readonly number[] | undefined)[] = [];
  for (const judge of judges) shares.push(sharesOf(await findingsOf(seats, judge, sitting), sitting.scale));
  const weights = judges.map(({ weight }) => weight);
  return chosenBy(byWeight, shares, weights)?.together;
}

async function findingsOf(
  { members, instruction }: Seats,
  { member, after }: Judge,
  { put, asked, scale, empty, signal }: Sitting,
): Promise<Findings> {
  const { answerer, role, chat } = members[member];
  if (chat !== undefined) {
    return choiceOf(chat, conversationOf(after ?? put.prompt), asked.choices, signal);
  }
  const natsAfter = async (prompt: Prompt | undefined): Promise<number[]> => {
    const passages = put.texts.map((text) => ({ text, ...(prompt !== undefined && { after: prompt }) }));
    const nats = await answerer.score(passages, { signal });
    return nats.map((own) => own.reduce((sum, n) => sum + n, 0));
  };
  const nats = await natsAfter(after);
  const prior = scale === 'calibrated' ? await natsAfter(memberPrompt(role, instruction, empty)) : undefined;
  return { nats, tokens: [...put.tokens], ...(prior && { prior }) };
}

/** What a chat model chooses after a conversation, with the tokens of question and reply. */
export async function choiceOf(
  chat: ChatMember,
  turns: readonly ChatTurn[],
  choices: readonly string[],
  signal: AbortSignal,
): Promise<Choice & { readonly tokens: number }> {
  try {
    const { choice, tokens } = await chat.choose(turns, choices, { signal });
    return { shares: oneOf(choice, choices.length), tokens };
  } catch (error) {
    if (!(error instanceof AbstainedError)) throw error;
    return { shares: undefined, tokens: error.tokens };
  }
}
