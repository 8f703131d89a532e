/** A council: experts, and chat models beside them, that answer one prompt together by prompt, each with a role, by a procedure. */
import { type Answerer, type AnswererKind, answererKind, type LoadedModel, namedAdapters } from '../answer/answerer';
import { fits, openingOf } from '../answer/prompt';
import { singleAnswerer } from '../answer/single';
import { togetherAnswerer, type Voice } from '../answer/together';
import { UserError } from '../base/errors';
import { AnswerBook } from '../chat/answer-book';
import { memberKey, openChatModel } from '../chat/open';
import type { LanguageModel } from '../model/language-model';
import type { Prompt } from '../protocol/answers';
import type { GuideOffer } from '../protocol/guide';
import { type AnswererSpec, answererSpecs, type CouncilTold } from '../protocol/inference';
import { chatsAmong } from '../protocol/members';
import { chatAnswerer, ChatMember } from './chat-member';
import { type Member, memberPrompt, type Procedure, type Seats } from './procedure';

type CouncilSpec = Extract<AnswererSpec, { kind: 'council' }>;

/** Who sits there, and what all are told. */
export type Content = Pick<CouncilSpec, 'members' | 'instruction'>;

/** The kind of answerer that a council is. Of the given procedures the first is that of councils that name none. */
export function councilKind(procedures: readonly [Procedure, ...Procedure[]]): AnswererKind {
  return answererKind('council', answererSpecs.council, (spec) => ({
    adapters: namedAdapters(spec),
    open: async (loaded) => {
      const chats = openChats(chatsAmong(spec.members), loaded.model, spec.offer, await AnswerBook.open());
      return councilAnswerer(loaded.model, seatsOf(loaded, spec, chats), procedureNamed(spec.procedure, procedures));
    },
  }));
}

/** Of the given procedures the one of this name; the first where there is no name. Throws UserError where none has it. */
export function procedureNamed(name: string | undefined, procedures: readonly [Procedure, ...Procedure[]]): Procedure {
  const found = name === undefined ? procedures[0] : procedures.find((procedure) => procedure.name === name);
  if (found !== undefined) return found;
  const known = procedures.map((procedure) => procedure.name).join(', ');
  throw new UserError(`No procedure of councils is called ${name}.`, `Make the council anew, with one of: ${known}.`);
}

/** Chat models by their names. */
export type Chats = ReadonlyMap<string, ChatMember>;

/** Chat models that will be opened when they are asked, and whose replies are kept in a book. */
export function openChats(
  names: readonly string[],
  model: LanguageModel,
  offer: GuideOffer | undefined,
  book: AnswerBook,
): Chats {
  const known = { called: 'chat model', others: [], model, offer, keyFor: memberKey };
  return new Map(
    [...new Set(names)].map((name) => [name, new ChatMember(name, () => openChatModel(name, known), book)]),
  );
}

/** Members take their seats on a model in memory, with the adapters that they name by position. Throws UserError where one is not there. */
export function seatsOf(loaded: LoadedModel, { members, instruction }: Content, chats: Chats = new Map()): Seats {
  const { model } = loaded;
  const voices: Voice[] = [];
  const seated = members.map((member): Member => {
    const { role } = member;
    if ('chat' in member) return chatSeat(member.chat, role, model, chats);
    const { name, stack } = expertOf(loaded, member.index);
    voices.push({ name, stack, told: (prompt) => memberPrompt(role, instruction, prompt) });
    return {
      ...{ name, role, answerer: singleAnswerer({ model, stack, experts: [name] }) },
      fits: (prompt, maxTokens) => fits(model, prompt, maxTokens),
    };
  });
  if (voices.length === 0) throw new UserError('No expert sits in this council.', 'Add one to its members.');
  return { members: seated, together: togetherAnswerer(model, voices), instruction };
}

/** An endpoint says by itself what is too long for it. */
function chatSeat(name: string, role: string, model: LanguageModel, chats: Chats): Member {
  const chat = chats.get(name);
  if (chat === undefined) throw new Error(`the chat model ${name} was not opened`);
  const local = (prompt: Prompt, maxTokens: number): boolean => fits(model, prompt, maxTokens);
  return { name: chat.label, role, answerer: chatAnswerer(chat), chat, fits: name === 'local' ? local : () => true };
}

/** What they answer by a procedure. */
export function councilAnswerer(model: LanguageModel, seats: Seats, procedure: Procedure): Answerer {
  const experts = seats.members.map(({ name }) => name);
  return {
    experts,
    answer: async (prompt, settings, watch) => {
      if (settings.echo) {
        throw new UserError(
          'A council cannot tell how likely a prompt is: its members differ.',
          'Ask one of its members.',
        );
      }
      const promptTokens = openingOf(model, prompt, settings).tokens.length;
      const { council, ...answer } = await procedure.answer(seats, prompt, settings, watch);
      const told =
        council === undefined ? {} : { council: { ...council, ...askedChats(seats), procedure: procedure.name } };
      return { ...answer, ...told, experts, promptTokens };
    },
    score: (passages, options = {}) => procedure.score(seats, passages, options),
  };
}

/** What each chat model was asked. */
function askedChats({ members }: Seats): Pick<CouncilTold, 'chats'> {
  const chats = [...new Set(members.flatMap(({ chat }) => (chat === undefined ? [] : [chat])))];
  if (chats.length === 0) return {};
  return { chats: chats.map(({ label, figures: { calls, tokens } }) => ({ expert: label, calls, tokens })) };
}

function expertOf({ stack, experts }: LoadedModel, index: number): Pick<Voice, 'name' | 'stack'> {
  if (stack === undefined || index >= stack.count) {
    throw new UserError(
      `The council names expert ${index}, and there are ${stack?.count ?? 0}.`,
      'Make the council anew.',
    );
  }
  return { name: experts[index], stack: stack.part(index, 1) };
}
