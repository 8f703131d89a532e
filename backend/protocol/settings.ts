/** What is told with a prompt: how an answer is drawn. Free of schemas, because the editor loads it when it starts. */
import { anyWhole, between, type SettingsTable, whole } from '../base/settings';

export const answerSettings = {
  maxTokens: {
    form: whole(1, 100_000),
    label: 'Tokens at Most',
    help: 'tokens at most',
    unit: 'tokens',
    default: 100,
  },
  temperature: {
    form: between(0, 10),
    label: 'Temperature',
    help: '0 takes the most probable token',
    default: 0.8,
  },
  topP: {
    form: between(0.01, 1),
    label: 'Top-p',
    help: 'draw only from the most probable tokens that reach this probability',
    default: 0.95,
  },
  seed: {
    form: anyWhole,
    label: 'Seed',
    help: 'seed: the same seed gives the same text',
    default: 1,
  },
} as const satisfies SettingsTable;
