/** What an evolution asks, before it asks. */
import { createRandom } from '../../base/random';
import { procedureData } from '../../council/procedures/settings';
import { callsOf } from '../../evolve/settings';
import type { QuestionRecord } from '../../protocol/records';
import { drawn } from '../shared/drawn-questions';
import type { EvolveInputs } from './inputs';
import type { EvolveSpec } from './spec';

interface Asked {
  readonly questions: readonly QuestionRecord[];
  /** Calls for the council as it is. */
  readonly first: number;
  /** Calls that are allowed: the budget, or what all generations take. */
  readonly most: number;
}

export function askedIn(spec: EvolveSpec, { questions: all, council }: EvolveInputs): Asked {
  const questions = drawn(all, spec.most, createRandom(spec.seed, 0));
  // The calibrated scale asks an empty question too, once for questions with the same choices.
  const empty = spec.scale === 'calibrated' ? new Set(questions.map(({ choices }) => JSON.stringify(choices))).size : 0;
  const members = council.members.length;
  const together = procedureData.find(({ name }) => name === council.procedure)?.asOne === true;
  const calls = { members, questions: questions.length + empty, together };
  const most = spec.budget ?? callsOf(calls, spec.size, spec.generations);
  return { questions, first: members * calls.questions, most };
}
