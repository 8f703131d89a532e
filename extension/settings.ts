import * as vscode from 'vscode';
import type { DeviceChoice } from '../backend/base/device';
import type { NumberForm } from '../backend/base/settings';
import { answerSettings } from '../backend/protocol/settings';

/** A setting of the editor, as package.json tells it. */
export type SettingEntry = Shared & (Text | Choice | Switch | Figure);

interface Shared {
  readonly group: 'Home' | 'Backend' | 'Runs' | 'Models' | 'Ask';
  /** `machine`: never by a workspace, which may be a stranger's. */
  readonly scope: 'machine' | 'machine-overridable' | 'window';
  /** What it does, with its unit. Ends in a full stop. */
  readonly description: string;
}
interface Text {
  readonly default: string;
}
interface Choice {
  readonly default: string;
  /** Each value with what it means. */
  readonly values: Readonly<Record<string, string>>;
}
interface Switch {
  readonly default: boolean;
}
interface Figure {
  readonly default: number;
  readonly whole?: boolean;
  readonly least: number;
  readonly most?: number;
}

const nextStart = 'Takes effect when the backend starts again.';

/** Every setting below `polymath.`, in the order in which the editor lists them. */
export const settings = {
  'backend.nodePath': {
    group: 'Backend',
    scope: 'machine',
    default: '',
    description:
      'Absolute path of the Node.js (20.19 or later) that runs the backend. Empty: the first on `PATH` that is new enough.',
  },
  'home.openByItself': {
    group: 'Home',
    scope: 'window',
    default: true,
    description:
      'Open Home once in a folder that has a project, where no editor is open. It takes no focus and starts nothing.',
  },
  device: {
    group: 'Backend',
    scope: 'machine-overridable',
    ...choice<DeviceChoice>('auto', {
      auto: 'A GPU where a trial shows that it computes rightly and faster than the processor; otherwise the processor.',
      cpu: 'The processor.',
      webgpu: 'Any GPU, through WebGPU.',
      cuda: "NVIDIA's GPUs, through CUDA (Linux x64; its files come with the command polymath devices fetch cuda).",
      dml: 'Any GPU in Windows, through DirectML.',
      coreml: "Apple's GPU and Neural Engine, through Core ML.",
    }),
    description: `Where models compute. ${nextStart} **Polymath: Check Environment** tells what this machine has.`,
  },
  'runs.resumeInterrupted': {
    group: 'Runs',
    scope: 'window',
    ...choice<'always' | 'afterCrash' | 'never'>('always', {
      always: 'After a crash of the backend, and when the window opens again.',
      afterCrash: 'Only after a crash of the backend.',
      never: 'Interrupted runs wait until you resume them.',
    }),
    description: 'When runs that were interrupted go on by themselves, from their last checkpoint.',
  },
  'runs.whenWindowCloses': {
    group: 'Runs',
    scope: 'window',
    ...choice<'stopAndResume' | 'keepRunning'>('stopAndResume', {
      stopAndResume: 'Runs stop with a checkpoint and go on when the window opens again.',
      keepRunning: 'The backend stays until the runs are done; a window that opens meanwhile shows them.',
    }),
    description:
      'What becomes of runs that are started from now on when the window closes. The menu of a run changes it for that run.',
  },
  'runs.notifyWhenLongerThan': {
    group: 'Runs',
    scope: 'window',
    default: 30,
    least: 0,
    description: 'Seconds that a run must have taken for its end to be announced. 0: never.',
  },
  'runs.checkpointSeconds': {
    group: 'Runs',
    scope: 'machine-overridable',
    default: 30,
    least: 1,
    most: 3600,
    description: `Seconds between two checkpoints of a run: what a crash costs at most. ${nextStart}`,
  },
  'runs.queue': {
    group: 'Runs',
    scope: 'machine',
    default: '',
    description: `Queue whose workers do the tasks of runs that are started from now on: \`redis://HOST:PORT\`, with TLS \`rediss://HOST:PORT\`. Its password is read from \`POLYMATH_QUEUE_PASSWORD\`. Empty: this machine does them. ${nextStart}`,
  },
  'runs.artifacts': {
    group: 'Runs',
    scope: 'machine',
    default: '',
    description: `Where those workers read and write: the whole path of a folder that all of them share, or \`s3://BUCKET/PREFIX\`. ${nextStart}`,
  },
  'models.cacheFolder': {
    group: 'Models',
    scope: 'machine',
    default: '',
    description: `Absolute path of the folder for models that are downloaded. Empty: the cache of Hugging Face's tools (\`HF_HUB_CACHE\`, \`HF_HOME\`, or \`~/.cache/huggingface/hub\`). ${nextStart}`,
  },
  'models.offline': {
    group: 'Models',
    scope: 'machine-overridable',
    default: false,
    description: `Use only models that are on this machine already: nothing is downloaded. ${nextStart}`,
  },
  'ask.maxTokens': {
    group: 'Ask',
    scope: 'window',
    ...figure(answerSettings.maxTokens),
    // Longer than where nobody asks for a length: in an editor an answer is read as it comes, and can be stopped.
    default: 200,
    description: 'Tokens of an answer at most. A token is a word or a part of one.',
  },
  'ask.temperature': {
    group: 'Ask',
    scope: 'window',
    ...figure(answerSettings.temperature),
    description: 'Temperature at which answers are drawn, without a unit. 0: always the most probable token.',
  },
  'ask.topP': {
    group: 'Ask',
    scope: 'window',
    ...figure(answerSettings.topP),
    description: 'Tokens are drawn from the most probable ones that together have this probability.',
  },
  'ask.topK': {
    group: 'Ask',
    scope: 'window',
    ...figure(answerSettings.topK),
    description: 'Tokens are drawn from so many of the most probable ones. 0: from all.',
  },
  'ask.minP': {
    group: 'Ask',
    scope: 'window',
    ...figure(answerSettings.minP),
    description: 'Tokens are drawn that have at least this part of the probability of the most probable one.',
  },
  'ask.presencePenalty': {
    group: 'Ask',
    scope: 'window',
    ...figure(answerSettings.presencePenalty),
    description: 'Taken from the logits of the tokens that the answer has already, without a unit.',
  },
  'ask.frequencyPenalty': {
    group: 'Ask',
    scope: 'window',
    ...figure(answerSettings.frequencyPenalty),
    description: 'Taken from the logit of a token as often as the answer has it, without a unit.',
  },
  'ask.repetitionPenalty': {
    group: 'Ask',
    scope: 'window',
    ...figure(answerSettings.repetitionPenalty),
    description:
      'Divides positive and multiplies negative logits of the tokens of prompt and answer, without a unit. 1: no penalty.',
  },
  'ask.sampling': {
    group: 'Ask',
    scope: 'window',
    ...choice<'mixture' | 'expert-first'>(answerSettings.sampling.default, {
      mixture: 'From the mixture of all experts.',
      'expert-first':
        "First an expert by its weight, then a token from that expert alone: of the same distribution, but temperature and what narrows the choice act on the expert's. Only that expert reads where weights need no expert's opinion of the text; by other mixers all read all the same.",
    }),
    description: 'What a mixture draws its tokens from.',
  },
  'ask.skip': {
    group: 'Ask',
    scope: 'window',
    ...figure(answerSettings.skip),
    description:
      'Share of the weight that experts of a mixture may have together to be left out of a token and not to read, where weights need no opinion of the experts on the text. 0: nobody.',
  },
  'completions.enabled': {
    group: 'Ask',
    scope: 'window',
    default: false,
    description:
      'Suggest by the mixture how the text goes on while you type. Off, the command Complete at the Cursor does so once.',
  },
} satisfies Readonly<Record<string, SettingEntry>>;
export type Setting = keyof typeof settings;

/** What a setting holds: one of its named values, a switch, or a text or number. */
type ValueOf<E> = E extends { values: Readonly<Record<infer V, string>> }
  ? V
  : E extends { default: infer D }
    ? D extends boolean
      ? boolean
      : D
    : never;

/** The value in force. */
export function setting<K extends Setting>(key: K): ValueOf<(typeof settings)[K]> {
  const config = vscode.workspace.getConfiguration('polymath');
  return config.get(key, settings[key].default as ValueOf<(typeof settings)[K]>);
}

/** Default and bounds as the backend has them. */
function figure({ form, default: usual }: { readonly form: NumberForm; readonly default: number }): Figure {
  const { type, least, most } = form;
  return { default: usual, ...(type === 'whole' && { whole: true }), least, most };
}

function choice<V extends string>(
  usual: NoInfer<V>,
  values: Readonly<Record<V, string>>,
): { default: V; values: Readonly<Record<V, string>> } {
  return { default: usual, values };
}
