/** Conversations of a corpus as a model learns from them. */
import { UserError } from '../../base/errors';
import type { TokenizedDocument } from '../../corpus/tokenized';
import type { LanguageModel } from '../../model/language-model';
import type { TrainingText } from '../../train/batches';

export interface LearnedTexts {
  readonly texts: readonly TrainingText[];
  /** Documents that are conversations, and those of them that the template refused: they are learned as plain text. */
  readonly conversations: number;
  readonly refused: number;
}

/**
 * Documents as the model learns them: conversations by its chat template, or as plain text where it has none, of which the answers count or
 * everything does; all others as they are.
 */
export function learnedTexts(
  documents: readonly TokenizedDocument[],
  { chat }: LanguageModel,
  lossOn: 'answers' | 'all',
): LearnedTexts {
  let [conversations, refused] = [0, 0];
  const texts = documents.map((document): TrainingText => {
    if (document.turns === undefined) return document;
    conversations++;
    try {
      const { tokens, answers } = chat.conversation(document.turns);
      return { tokens, counted: lossOn === 'answers' && answers.includes(1) ? answers : undefined };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused++;
      return document;
    }
  });
  return { texts, conversations, refused };
}
