/** What examinations on question sets and evolutions of councils write down. */
import { z } from 'zod';

const text = z.string();
const count = z.int().nonnegative();
const share = z.number().min(0).max(1);

/** Shares with a 95 % interval over questions. */
const interval = z.strictObject({ value: z.number(), lo: z.number(), hi: z.number() });

/** One who answers, on the questions of an exam. */
const examRow = z.strictObject({
  name: text,
  /** Why it stands there: what is examined, or a control. */
  role: z.enum(['council', 'control', 'bound']),
  /** Mean over domains of the share of questions that were answered right; of free answers of F1 of their words. */
  accuracy: interval,
  domains: z.array(z.strictObject({ name: text, questions: count, accuracy: share })),
  /** Geometric mean of the share that the right choice has; absent for free answers. */
  likelihood: share.optional(),
  /** Of free answers the share that is the accepted one word by word; absent for choices. */
  exact: share.optional(),
  /** Of each question in the order of the exam what was written, or its beginning; absent for choices. */
  said: z.array(text).optional(),
  /** Share of questions that it read whole; of the others the beginning was left out. */
  coverage: share,
  /** Fleiss' kappa of the members' choices; absent where nobody sits beside another. */
  agreement: z.number().optional(),
  /** Share of questions that got the same answer when they were put in other words; absent where that was not asked for. */
  consistency: share.optional(),
  /** How often chat models were asked and gave nothing usable; absent where that was never. */
  abstained: count.optional(),
  /** Questions put to one model, and tokens, of one answer. */
  calls: z.number(),
  tokens: z.number(),
  /** Accuracy of the first council minus this one's; absent for the council itself. */
  difference: interval.optional(),
  /** Of each question in the order of the exam: `1` where it was answered right. */
  right: z.string().regex(/^[01]*$/),
});
export type ExamRow = z.infer<typeof examRow>;

export const examTable = z.strictObject({
  part: z.enum(['heldout', 'test']),
  /** Whether answers were written freely, and not chosen. */
  free: z.literal(true).optional(),
  questions: count,
  /** What was asked, in the order of `right`. */
  asked: z.array(z.strictObject({ id: text, domain: text.optional() })),
  rows: z.array(examRow),
  notes: z.array(text),
});
export type ExamTable = z.infer<typeof examTable>;

const scores = z.strictObject({
  fitness: z.number(),
  accuracy: share,
  likelihood: share,
  information: z.number(),
  agreement: z.number(),
  words: count,
});

/** A candidate of an evolution, with where it came from. */
const candidate = z.strictObject({
  number: count,
  generation: count,
  operator: text,
  parents: z.array(count),
  /** Position of the role that is new, the instruction's after all roles; absent where all may be. */
  changed: count.optional(),
  /** It lost a race before it was asked everything. */
  dropped: z.boolean(),
  /** Roles of the members, then the instruction. */
  components: z.array(text),
  questions: count,
  scores,
});

export const evolutionTable = z.strictObject({
  algorithm: text,
  operators: text,
  /** The council that it began with, and the one that it made. */
  from: text,
  council: text,
  members: z.array(text),
  questions: count,
  calls: z.strictObject({ spent: count, most: count }),
  tokens: count,
  twins: count,
  ended: z.enum(['generations', 'budget', 'exhausted']),
  best: count,
  candidates: z.array(candidate),
  /** Correlation of candidates' fitness on two halves of the questions: an evaluator that is noise has none. */
  retest: z.number().optional(),
  notes: z.array(text),
});
export type EvolutionTable = z.infer<typeof evolutionTable>;
