/** What is told with a prompt: how an answer is drawn. Free of schemas, because the editor loads it when it starts. */
import { anyWhole, between, choice, type SettingsTable, whole } from '../base/settings';

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
    form: between(0, 1),
    label: 'Top-p',
    help: 'draw only from the most probable tokens that reach this probability',
    default: 0.95,
  },
  topK: {
    form: whole(0, 1_000_000),
    label: 'Top-k',
    help: 'draw only from so many of the most probable tokens; 0 for all',
    unit: 'tokens',
    default: 0,
  },
  minP: {
    form: between(0, 1),
    label: 'Min-p',
    help: 'draw only tokens that have at least this part of the probability of the most probable one',
    default: 0,
  },
  presencePenalty: {
    form: between(-2, 2),
    label: 'Presence Penalty',
    help: 'taken from the logits of the tokens that the answer has already',
    default: 0,
  },
  frequencyPenalty: {
    form: between(-2, 2),
    label: 'Frequency Penalty',
    help: 'taken from the logit of a token as often as the answer has it',
    default: 0,
  },
  repetitionPenalty: {
    form: between(0.01, 10),
    label: 'Repetition Penalty',
    help: 'divides positive and multiplies negative logits of the tokens of prompt and answer; 1 for none',
    default: 1,
  },
  sampling: {
    form: choice({ mixture: 'from the mixture', 'expert-first': 'from one expert, drawn by its weight' }),
    label: 'Sampling of a Mixture',
    help: "whether a token is drawn from the mixture, or first an expert by its weight, then a token from that expert alone: of the same distribution, but temperature, top-k, top-p, min-p and penalties act on the expert's. Where weights need no expert's opinion (uniform, centroid, best-by-validation, probe on the base model's states) that expert alone reads; by other mixers all read all the same",
    default: 'mixture',
  },
  skip: {
    form: between(0, 0.5),
    label: 'Weight to Skip',
    help: "the least of the experts, which have at most this weight together, are left out of a token of a mixture and do not read, where weights need no expert's opinion (uniform, centroid, best-by-validation, probe on the base model's states); by other mixers all read and speak. 0 leaves out nobody",
    default: 0,
  },
  seed: {
    form: anyWhole,
    label: 'Seed',
    help: 'seed: the same seed gives the same text',
    default: 1,
  },
} as const satisfies SettingsTable;
