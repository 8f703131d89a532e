/** Conversations of a corpus as a model learns from them. */
import { UserError } from '../../base/errors';
import type { TokenizedDocument } from '../../corpus/tokenized';
import type { Chat } from '../../model/chat/chat';
import type { LanguageModel } from '../../model/language-model';
import type { Turn } from '../../protocol/records';
import type { TrainingText } from '../../train/batches';

export interface LearnedTexts {
  /** One per document; without tokens where it is left out. */
  readonly texts: readonly TrainingText[];
  /** Documents that are conversations. */
  readonly conversations: number;
  /** Those of them that the template refused: they are learned as plain text. */
  readonly refused: number;
  /** Those that are left out, as no answer is within what is learned of a text. */
  readonly withoutAnswer: number;
}

/**
 * Documents as the model learns them: conversations by its chat template, or as plain text where it has none, of which the answers count or
 * everything does; all others as they are.
 */
export function learnedTexts(
  documents: readonly TokenizedDocument[],
  { chat }: LanguageModel,
  { lossOn, documentTokens }: { readonly lossOn: 'answers' | 'all'; readonly documentTokens: number },
): LearnedTexts {
  let [conversations, refused, withoutAnswer] = [0, 0, 0];
  const texts = documents.map((document): TrainingText => {
    if (document.turns === undefined) return document;
    conversations++;
    try {
      if (lossOn === 'all') return { tokens: chat.conversation(document.turns).tokens };
      const text = withAnswers(chat, document.turns, documentTokens + 1);
      if (text === undefined) withoutAnswer++;
      return text ?? { tokens: new Int32Array() };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused++;
      return document;
    }
  });
  return { texts, conversations, refused, withoutAnswer };
}

/**
 * A conversation with an answer among its first `most` tokens: whole where it has one there, else without so many turns after the
 * system's as bring one there; nothing where none do. One that nobody answers is learned as it is.
 */
function withAnswers(chat: Chat, turns: readonly Turn[], most: number): TrainingText | undefined {
  const answersWithin = (answers: Uint8Array): boolean => answers.subarray(0, most).includes(1);
  const { tokens, answers } = chat.conversation(turns);
  if (!answers.includes(1)) return { tokens };
  if (answersWithin(answers)) return { tokens, counted: answers };
  const system = turns.slice(
    0,
    Math.max(
      0,
      turns.findIndex(({ role }) => !systemRoles.has(role)),
    ),
  );
  for (const [i, { role }] of turns.entries()) {
    if (role !== 'user' || turns[i - 1]?.role !== 'assistant') continue;
    // One exchange tells whether the rest is worth reading: a long conversation has many.
    const end = turns.findIndex((turn, j) => j > i && turn.role === 'assistant') + 1;
    if (!answersWithin(chat.conversation([...system, ...turns.slice(i, end)]).answers)) continue;
    const rest = chat.conversation([...system, ...turns.slice(i)]);
    if (answersWithin(rest.answers)) return { tokens: rest.tokens, counted: rest.answers };
  }
  return undefined;
}

const systemRoles: ReadonlySet<string> = new Set(['system', 'developer']);
