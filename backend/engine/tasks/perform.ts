/** What performs each kind of task. Loaded in worker processes only, and each performer when the first task of its kind comes. */
import { weightings } from '../../mixing/weightings';
import type { LanguageModel } from '../../model/language-model';
import type { Watch } from '../../base/progress';
import type { ArtifactStore } from '../artifacts/store';
import { tasks } from './table';
import type { Task } from './task';

export interface TaskContext {
  readonly artifacts: ArtifactStore;
  /** The base model whose files have that hash, or its first layers; it stays open from task to task. */
  readonly openModel: (sha256: string, layers?: number) => Promise<LanguageModel>;
  readonly watch: Watch;
}

export type Perform<Input, Output> = (input: Input, context: TaskContext) => Promise<Output>;

/** A kind of task with what performs it. */
export interface Performer {
  readonly name: string;
  readonly checkpoints: boolean;
  /** Throws ZodError where the input is none of this kind. */
  readonly perform: Perform<unknown, unknown>;
}

export function performer<Input, Output>(
  { name, checkpoints, input: schema }: Task<Input, Output>,
  load: () => Promise<Perform<Input, Output>>,
): Performer {
  return {
    name,
    checkpoints,
    perform: async (input, context) => (await load())(schema.parse(input), context),
  };
}

/** What performs the tasks of the house, with experts weighed by one of these weightings. */
export function performersWith(entries = weightings): readonly Performer[] {
  const byName = {
    score: performer(tasks.score, async () => (await import('./perform/score')).scoringBy(entries)),
    'probe-features': performer(
      tasks['probe-features'],
      async () => (await import('./perform/probe-features')).performProbeFeatures,
    ),
    'mean-states': performer(
      tasks['mean-states'],
      async () => (await import('./perform/mean-states')).performMeanStates,
    ),
    choices: performer(tasks.choices, async () => (await import('./perform/choices')).choosingBy(entries)),
    generate: performer(tasks.generate, async () => (await import('./perform/generate')).generationBy(entries)),
    replies: performer(tasks.replies, async () => (await import('./perform/replies')).replyingBy(entries)),
    'log-bias': performer(tasks['log-bias'], async () => (await import('./perform/log-bias')).performLogBias),
    gradients: performer(tasks.gradients, async () => (await import('./perform/gradients')).performGradients),
    'pile-gains': performer(tasks['pile-gains'], async () => (await import('./perform/pile-gains')).performPileGains),
    'em-round': performer(tasks['em-round'], async () => (await import('./perform/em-round')).performEmRound),
    'em-learn': performer(tasks['em-learn'], async () => (await import('./perform/em-experts')).performEmLearn),
    'em-judge': performer(tasks['em-judge'], async () => (await import('./perform/em-experts')).performEmJudge),
    train: performer(tasks.train, async () => (await import('./perform/train')).performTraining),
  } satisfies Record<keyof typeof tasks, Performer>;
  return Object.values(byName);
}
