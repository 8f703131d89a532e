/** What the page of tokens asks with a prompt, as the backend has it, but shorter: each token is a part of the page. */
import { whole } from '../../backend/base/settings';
import { answerSettings } from '../../backend/protocol/settings';

const { temperature, seed, maxTokens } = answerSettings;

export const questionSettings = {
  temperature,
  seed,
  maxTokens: { ...maxTokens, form: whole(1, 4000), default: 60 },
} as const;
