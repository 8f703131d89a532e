/** What an exam asks, before it asks. */
import { isExpertSeat, seatedOf } from '../shared/seats';
import type { Answers, ExamInputs } from './inputs';
import { proceduresOf } from './plan';
import type { ExamSpec } from './spec';

/** Held-out questions by which the best expert is found, at most: to write an answer takes longer than to judge some. */
export const mostHeldOut: Readonly<Record<Answers, number>> = { choices: 200, free: 40 };

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
    for (const { index } of plain) ask(`expert ${index}, held out`, [], Math.min(mostHeldOut.choices, heldOut));
    ask('the base model', []);
  }
  rival?.experts.forEach((_, index) => ask(`rival ${index}`, []));
  if (tuned !== undefined) for (const when of ['before', 'after']) ask(`the tuned one ${when}`, []);
  return [...asked.values()].filter(({ questions: count }) => count > 0);
}

/** How many answers experts write freely, and how many they judge for a vote. */
export function answersWritten(
  spec: ExamSpec,
  { experts, council, against, rival, tuned, questions: all }: ExamInputs,
  questions: number,
): { readonly written: number; readonly judged: number } {
  const k = experts.experts.length;
  const councils = against === undefined ? [council] : [council, against];
  const sittings = councils.flatMap((one) =>
    proceduresOf(spec, one).map(({ calls }) => calls(seatedOf(experts, one).seats.filter(isExpertSeat).length)),
  );
  if (rival !== undefined) {
    sittings.push(...proceduresOf(spec, undefined).map(({ calls }) => calls(rival.experts.length)));
  }
  let [alone, heldOut] = [tuned === undefined ? 0 : 2, 0];
  if (spec.bare !== true) {
    // Empty roles, roles of others, the best in every seat; that one alone, the base model, the mixture, each member.
    const vote = { written: k, judged: k * k };
    sittings.push(vote, vote, vote);
    alone += 2 + 2 * k;
    heldOut = k * Math.min(mostHeldOut.free, all.filter(({ part }) => part === 'heldout').length);
  }
  const each = (spec.reword === true ? 2 : 1) * questions;
  const sum = (count: 'written' | 'judged'): number => sittings.reduce((total, calls) => total + calls[count], 0);
  return { written: each * (sum('written') + alone) + heldOut, judged: each * sum('judged') };
}
