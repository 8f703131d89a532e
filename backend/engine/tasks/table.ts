import { choicesTask } from './choices';
import { emJudgeTask, emLearnTask } from './em-experts';
import { emRoundTask } from './em-round';
import { generateTask } from './generate';
import { gradientsTask } from './gradients';
import { logBiasTask } from './log-bias';
import { meanStatesTask } from './mean-states';
import { pileGainsTask } from './pile-gains';
import { probeFeaturesTask } from './probe-features';
import { repliesTask } from './replies';
import { scoreTask } from './score';
import { trainTask } from './train';

/** All kinds of tasks by their names; `perform.ts` says what performs each. */
export const tasks = {
  score: scoreTask,
  train: trainTask,
  choices: choicesTask,
  'probe-features': probeFeaturesTask,
  'mean-states': meanStatesTask,
  generate: generateTask,
  replies: repliesTask,
  'log-bias': logBiasTask,
  gradients: gradientsTask,
  'pile-gains': pileGainsTask,
  'em-round': emRoundTask,
  'em-learn': emLearnTask,
  'em-judge': emJudgeTask,
} as const;
