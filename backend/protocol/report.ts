/**
 * The report of one `polymath run`: written by the pipeline as report.json, read by the HTML page, the terminal and the editor.
 * What a corpus without gold domains cannot have is optional. Units: nats per token unless a field says otherwise,
 * seconds, MiB (2^20 bytes). Numbers are finite: a figure that could not be computed is left out. Splits and systems go by ids,
 * which have their labels in the report itself.
 */
import { z } from 'zod';
import { UserError } from '../base/errors';
import { reasonOf } from '../base/issues';
import { upgradeReport } from './report-upgrade';
import { tableOf } from '../base/table';
import { routing } from './routing';

const text = z.string();
const count = z.int().nonnegative();
const positive = z.number().positive();
const amount = z.number().nonnegative();
const share = z.number().min(0).max(1);
const interval = z.tuple([z.number(), z.number()]).refine(([lo, hi]) => lo <= hi, 'an interval runs from low to high');
const parts = z.object({ train: count, validation: count, test: count });

/** True where every row of the matrix has as many cells as there are columns, and there are as many rows as names. */
const fits = (matrix: readonly (readonly unknown[])[], rows: number, columns: number): boolean =>
  matrix.length === rows && matrix.every((row) => row.length === columns);

const round = z.object({
  round: count,
  /** Inverse temperature of the posterior P(e|d) ∝ exp(−β·n·CE). */
  beta: amount,
  /** Mean entropy of the posterior over experts, nats: 0 (certain) to ln k (no idea). */
  entropy: amount,
  /** Share of the documents that changed pile in this round. */
  churn: share,
  /** Experts without a document. */
  dead: count,
  /** Share of the documents per pile, summing to 1. */
  shares: z.array(share),
  trainLoss: amount,
  validationLoss: amount,
});

const contingency = z
  .object({
    domains: z.array(text),
    piles: z.array(text),
    /** Documents, [piles, domains]. */
    counts: z.array(z.array(count)),
  })
  .refine((c) => fits(c.counts, c.piles.length, c.domains.length), 'counts must be [piles, domains]');

const pile = z.object({
  name: text,
  /** Training documents. */
  size: count,
  /** Characteristic words, the most telling first. */
  terms: z.array(text),
});

const split = z.object({
  label: text,
  /** What the run is about; a cheap one that it has to be better than; the answers themselves. */
  role: z.enum(['main', 'control', 'answers']).optional(),
  /** Agreement with the gold domains, 0 to 1 (`ari` can fall below 0): only where the corpus has them. */
  nmi: share.optional(),
  ari: z.number().max(1).optional(),
  purity: share.optional(),
  seconds: amount,
  /** Share of the training documents per pile. */
  shares: z.array(share),
  /** Normalised entropy of the shares: 1 means equal piles, 0 one pile. */
  balance: share,
  /** Piles without a document. */
  dead: count,
  contingency: contingency.optional(),
  rounds: z.array(round).optional(),
  piles: z.array(pile),
});

const system = z.object({
  id: text,
  label: text,
  /** As a sentence calls it: "experts on k-means piles". */
  phrase: text,
  /** What the run is about; what it has to beat; the model that nobody trained; one that was given the answers. */
  role: z.enum(['main', 'bar', 'untrained', 'answers']).optional(),
  /** The split whose piles its experts learned from, and how these speak together: the name of a weighting. */
  split: text.optional(),
  cooperation: text.optional(),
});

const perplexity = z.object({
  /** exp of the mean over domains of the domain's nats per token; equals `micro` where there are no domains. */
  macro: positive,
  /** exp of the total nats over the total tokens. */
  micro: positive,
  /** Total bits over total UTF-8 bytes: comparable between tokenizers. */
  bitsPerByte: amount,
  /** Perplexity per gold domain; empty where there are none. */
  domains: tableOf(positive),
  /** 95 % bootstrap interval of `macro` over test documents, and over training seeds where there are several. */
  interval: interval.optional(),
  /** `macro` of each training seed, in the order of `seeds`. */
  perSeed: z.array(positive).optional(),
  /** Tokens this system was trained on, where it differs from the budget. */
  trainedTokens: count.optional(),
  /** How a test document finds its expert: "posterior of the first 32 tokens". */
  routing: text.optional(),
});

const difference = z.object({
  /** Macro nats per token of one minus those of the other: below 0 means that the first is better. */
  deltaNats: z.number(),
  /** 95 % interval of `deltaNats`: paired bootstrap over test documents within each domain, and over training seeds. */
  lo: z.number(),
  hi: z.number(),
});

const comparison = difference.extend({
  /** Ids of systems: `a` minus `b`. */
  a: text,
  b: text,
  /** Two-sided bootstrap p-value of "no difference". */
  p: share.optional(),
});

const mixer = z.object({
  /** Test nats per token, macro over domains, of the trained mixer, of equal weights, and of the best single expert. */
  nll: amount,
  uniformNll: amount,
  bestSingleNll: amount,
  /** Macro nats per token of the mixture minus those of the best expert alone, with the 95 % interval. */
  overBestSingle: difference.optional(),
  /** Softmax temperature of the weights, where they have one. */
  temperature: positive.optional(),
  /** Share of the test tokens whose largest weight is on the expert of their domain. */
  accuracy: share.optional(),
  /** Other ways to weigh the experts (name → nats per token). */
  variants: tableOf(amount).optional(),
  /** Macro nats per token of the mixture minus those of each of these ways, by their names. */
  against: tableOf(difference).optional(),
  routing: routing.optional(),
});

const specialisation = z
  .object({
    /** Whose experts: the id of the split that they were trained on. */
    split: text,
    experts: z.array(text),
    /** Numbers of their piles, which give their letters; absent where they are 0, 1, … */
    piles: z.array(count).optional(),
    /** What the columns are: gold domains, or, where there are none, the piles that test documents belong to by their beginning. */
    of: z.enum(['domains', 'piles']).optional(),
    domains: z.array(text),
    /** Test perplexity, [experts, domains]. */
    perplexities: z.array(z.array(positive)),
  })
  .refine((s) => fits(s.perplexities, s.experts.length, s.domains.length), 'perplexities must be [experts, domains]');

/** A decoded piece of text; `expert` is the index of the largest weight. */
const spoken = z.object({ text, expert: count, weights: z.array(share) });

const continuation = z.object({
  prompt: text,
  /** Names of the experts; weights follow this order. */
  experts: z.array(text).optional(),
  /** Numbers of their piles, which give their letters; absent where they are 0, 1, … */
  piles: z.array(count).optional(),
  /** What the mixture read after the prompt, token by token: beginnings of two test documents; absent in reports of 0.1.0. */
  read: z.array(spoken).optional(),
  /** How it went on. */
  tokens: z.array(spoken),
});

export const reportSchema = z.object({
  /** Version of Polymath that wrote it. */
  polymath: text,
  created: z.iso.datetime({ offset: true }),
  /** Wall time of the run. */
  seconds: amount,
  /** Peak resident memory. */
  peakMiB: amount,
  machine: z.object({ cores: count, cpu: text, node: text, platform: text }),
  seeds: z.array(z.int()),
  model: z.object({
    name: text,
    parameters: count,
    vocabulary: count,
    /** Of the base model on its own held-out text. */
    bitsPerByte: amount.optional(),
  }),
  corpus: z.object({
    name: text,
    documents: parts,
    tokens: parts,
    /** Gold domains; empty where the corpus has none. */
    domains: z.array(text),
    /** Rows of the input that were not imported. */
    rejected: count,
  }),
  budget: z.object({
    /** Training tokens that every system may see, all its experts together. */
    tokensPerSystem: count,
    /** Where it is each expert that may see so many. */
    matched: z.literal('expert').optional(),
    experts: count,
    /** Tokens of a document that decide its pile. */
    prefixTokens: count.optional(),
    /** What is trained: "full weights", "LoRA r = 8". */
    training: text.optional(),
  }),
  /** By their ids, in the order in which they are shown. */
  splits: tableOf(split),
  /** What is scored on the test documents, in the order in which it is shown. */
  systems: z.array(system),
  /** By the ids of the systems. */
  perplexity: tableOf(perplexity),
  comparisons: z.array(comparison),
  mixer: mixer.optional(),
  specialisation: specialisation.optional(),
  continuation: continuation.optional(),
  /** What a reader must know to judge the figures: "quick run: one seed". */
  notes: z.array(text).optional(),
});

export type Report = z.infer<typeof reportSchema>;
export type SplitReport = z.infer<typeof split>;
export type RoundReport = z.infer<typeof round>;
export type SystemReport = z.infer<typeof system>;
export type PerplexityReport = z.infer<typeof perplexity>;
export type Comparison = z.infer<typeof comparison>;
export type MixerReport = z.infer<typeof mixer>;
export type ContinuationReport = z.infer<typeof continuation>;

/** The report in a parsed report.json, also of version 0.1.0. Throws a UserError that names the first field at fault. */
export function parseReport(json: unknown): Report {
  const result = reportSchema.safeParse(upgradeReport(json));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new UserError(
    `This is not a Polymath report: ${issue.path.join('.') || 'the file'}: ${reasonOf(issue)}.`,
    'Run `polymath run` again to write a new one, or open it with the version that wrote it.',
  );
}
