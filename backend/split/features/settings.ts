import { usualEncoder } from '../../base/defaults';
import { choice, model, type Raw, type SettingsTable } from '../../base/settings';

const bySentences = ({ embedding }: Raw): boolean => embedding === 'sentence';

const encoderSetting = {
  form: model,
  label: 'Sentence Encoder',
  help: 'the sentence encoder, a folder or a model of the hub',
  usual: () => usualEncoder,
  applies: bySentences,
} as const;

/** Where documents become vectors. */
export const vectorSettings = {
  embedding: {
    form: choice({
      tfidf: 'their words',
      hidden: 'hidden states of the base model',
      sentence: 'a sentence encoder',
    }),
    label: 'Compared by',
    help: 'what tells documents apart',
    usual: () => 'tfidf',
  },
  encoder: encoderSetting,
} as const satisfies SettingsTable;

/** Methods that count words take the vectors of sentences beside them. */
export const besideWordsSettings = {
  embedding: {
    form: choice({ tfidf: 'their words alone', sentence: 'a sentence encoder beside their words' }),
    label: 'Compared by',
    help: 'what tells documents apart',
    usual: () => 'tfidf',
  },
  encoder: encoderSetting,
} as const satisfies SettingsTable;

/** The sentence encoder that documents are read with; undefined where they are not. */
export function encoderNamed({ embedding, encoder = usualEncoder }: Raw): string | undefined {
  return embedding === 'sentence' ? String(encoder) : undefined;
}
