/** How experts are trained, in the words of PEFT and TRL. */
import {
  adapterSetting,
  between,
  choice,
  flag,
  type Raw,
  type Rule,
  type SettingsTable,
  text,
  type Values,
  whole,
} from '../../base/settings';
import { usualTraining as usual } from '../../base/defaults';

export const learningRateSetting = {
  form: between(1e-7, 1),
  label: 'Learning Rate',
  help: 'peak learning rate of the experts',
  otherwise: 'by the size of the base model, and by what is trained',
} as const;

const ofLora = ({ adapter }: Raw): boolean => adapter !== 'full';

export const loraSettings = {
  rank: {
    form: whole(1, 1024),
    label: 'Rank',
    help: 'rank of the LoRA adapters',
    usual: () => usual.rank,
    applies: ofLora,
  },
  alpha: {
    form: between(0.01, 4096),
    label: 'Alpha',
    help: 'scale of the LoRA adapters, which is divided by the rank',
    usual: () => usual.alpha,
    applies: ofLora,
  },
  rsLora: {
    form: flag,
    label: 'Rank-Stabilised',
    help: 'divide alpha by the root of the rank (rsLoRA)',
    default: false,
    applies: ofLora,
  },
  dropout: {
    form: between(0, 0.9),
    flag: 'lora-dropout',
    label: 'Dropout',
    help: 'share of what the adapters read that is dropped while they learn',
    usual: () => usual.dropout,
    applies: ofLora,
  },
  targetModules: {
    form: text(500),
    label: 'Target Modules',
    help: 'linear layers that are adapted, by their names, separated by commas',
    otherwise: 'all-linear',
    applies: ofLora,
  },
  layers: {
    form: whole(),
    label: 'Adapted Layers',
    help: 'adapt only the last so many layers: faster, as those below run once per text',
    unit: 'layers',
    otherwise: 'all',
    applies: ofLora,
  },
} as const satisfies SettingsTable;

/** What belongs to adapters is refused where all weights are trained. */
export const adapterRules: readonly Rule[] = Object.keys(loraSettings).map((key) => ({
  broken: (values) => !ofLora(values) && values[key] !== undefined && values[key] !== false,
  message: `{${key}} belongs to LoRA adapters, and {adapter} is full.`,
  next: `Leave out {${key}}, or train adapters: {adapter} lora.`,
}));

const optimizerSettings = {
  learningRate: learningRateSetting,
  searchRate: {
    form: flag,
    label: 'Search for a Learning Rate',
    help: 'try five rates around it on a twentieth of the tokens each, and take the best on validation documents',
    default: false,
  },
  schedule: {
    form: choice({
      cosine: 'half a cosine, down to a tenth',
      linear: 'in a straight line to zero',
      constant: 'constant',
      wsd: 'constant, then to zero over the last fifth',
    }),
    flag: 'lr-scheduler',
    label: 'Schedule',
    help: 'how the learning rate falls from its peak',
    default: usual.schedule,
  },
  warmup: {
    form: between(0, 1),
    flag: 'warmup-ratio',
    label: 'Warm-Up',
    help: 'share of the steps in which the learning rate rises to its peak',
    default: usual.warmup,
  },
  weightDecay: {
    form: between(0, 10),
    label: 'Weight Decay',
    help: 'decoupled weight decay of AdamW',
    default: usual.weightDecay,
  },
  maxGradNorm: {
    form: between(1e-4, 1e6),
    label: 'Gradient Clipping',
    help: 'longest gradient of an expert; longer ones are scaled down to it',
    default: usual.maxGradNorm,
  },
} as const satisfies SettingsTable;

const batchSettings = {
  batchSize: {
    form: whole(1, 1024),
    label: 'Batch Size',
    help: 'rows of one expert in a step',
    unit: 'rows',
    default: usual.batchSize,
  },
  gradientAccumulation: {
    form: whole(1, 1024),
    label: 'Gradient Accumulation',
    help: 'steps whose gradients make one update',
    unit: 'steps',
    default: usual.gradientAccumulation,
  },
  context: {
    form: whole(8, 131_072),
    label: 'Context Length',
    help: 'tokens in a row',
    unit: 'tokens',
    default: usual.context,
  },
  packing: {
    form: choice({ on: 'texts one after another in full rows', off: 'each text in rows of its own' }),
    label: 'Packing',
    help: 'how texts lie in rows',
    default: 'on',
  },
  lossOn: {
    form: choice({ answers: 'answers of the assistant', all: 'all that is said' }),
    label: 'Loss on',
    help: 'what is learned of a conversation',
    default: 'answers',
  },
  documentTokens: {
    form: whole(8),
    label: 'Tokens of One Text at Most',
    help: 'tokens of one text that are learned from at most, so that a long one is not learned by heart',
    unit: 'tokens',
    usual: ({ context }) => usual.documentContexts * (typeof context === 'number' ? context : usual.context),
  },
} as const satisfies SettingsTable;

const validationSettings = {
  evalSteps: {
    form: whole(),
    label: 'Steps between Evaluations',
    help: 'updates between two measurements on validation documents',
    unit: 'steps',
    otherwise: 'a fifth of all',
  },
  patience: {
    form: whole(1, 1000),
    flag: 'early-stopping-patience',
    label: 'Patience',
    help: 'an expert stops after so many evaluations without improvement, and each ends as it was when it did best',
    unit: 'evaluations',
    otherwise: 'all learn to the end',
  },
} as const satisfies SettingsTable;

export const trainingTable = {
  adapter: adapterSetting,
  ...loraSettings,
  ...optimizerSettings,
  ...batchSettings,
  ...validationSettings,
} as const satisfies SettingsTable;

export type TrainingValues = Values<typeof trainingTable>;
