/** What an exam asks, before it asks. */
import { isExpertSeat, seatedOf } from '../shared/seats';
import type { ExamInputs } from './inputs';
import { proceduresOf } from './plan';
import type { ExamSpec } from './spec';

/** Held-out questions by which the best expert is found, at most. */
export const mostHeldOut = 200;

/** Somebody who is asked so many questions, after what it alone is told. */
interface Asked {
  readonly told: readonly string[];
  readonly questions: number;
}

/** Members that are asked, chat models aside, each once, whatever procedures and rows its findings go into. */
export function membersAsked(spec: ExamSpec, inputs: ExamInputs, questions: number): Asked[] {
  const { experts, council, against, rival, tuned } = inputs;
  const each = (spec.reword === true ? 2 : 1) * questions;
  const plain = experts.experts.map((_, index) => ({ index, role: '' }));
  const seated = seatedOf(experts, council);
  const asked = new Map<string, Asked>();
  const ask = (who: string, told: readonly string[], count = each): unknown =>
    asked.set(JSON.stringify([who, told]), { told, questions: count });
  for (const one of against === undefined ? [council] : [council, against]) {
    if (!proceduresOf(spec, one).some(({ choosing }) => choosing !== undefined)) continue;
    const { seats, instruction } = seatedOf(experts, one);
    for (const { index, role } of seats.filter(isExpertSeat)) ask(`expert ${index}`, [role, instruction]);
  }
  if (spec.bare !== true) {
    const { seats, instruction } = seated;
    for (const { index } of plain) ask(`expert ${index}`, ['', '']);
    const roles = new Set(seats.map(({ role }) => role));
    for (const role of roles) ask('the best expert', [role, instruction]);
    if (roles.size > 1) {
      for (const { index, role } of seats.filter(isExpertSeat)) ask(`instead of expert ${index}`, [role, instruction]);
    }
    const heldOut = inputs.questions.filter(({ part }) => part === 'heldout').length;
    for (const { index } of plain) ask(`expert ${index}, held out`, [], Math.min(mostHeldOut, heldOut));
    ask('the base model', []);
  }
  rival?.experts.forEach((_, index) => ask(`rival ${index}`, []));
  if (tuned !== undefined) for (const when of ['before', 'after']) ask(`the tuned one ${when}`, []);
  return [...asked.values()].filter(({ questions: count }) => count > 0);
}
