/**
 * What a project holds, as the store keeps it and as clients see it. Every schema is strict: a field that is not named here
 * does not come in. Times are ISO 8601 in UTC; counts are of documents unless they say otherwise.
 */
import { z } from 'zod';
import { tableOf } from '../base/table';
import { routing } from './routing';

/** Longest name, title or label that a person may give. */
export const shortText = z.string().min(1).max(200);
const text = z.string();
export const time = z.iso.datetime({ offset: true });
const count = z.int().nonnegative();
const share = z.number().min(0).max(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** The kinds of thing that have an id: the id begins with its kind, so no id can be a device name or a path. */
export const idKinds = ['data', 'questions', 'split', 'experts', 'mixer', 'council', 'run', 'eval', 'link'] as const;
export type IdKind = (typeof idKinds)[number];

/** Ids name files and folders, so this full match is the one gate between what a client sends and a path. */
export const id = (kind: IdKind): z.ZodString =>
  z.string().regex(new RegExp(`^${kind}-[0-9a-z]{6,32}$`), `this is no id: it should look like ${kind}-…`);

const anyId = new RegExp(`^(${idKinds.join('|')})-[0-9a-z]{6,32}$`);

/** Whether a text looks like an id of any kind. */
export const isId = (text: string): boolean => anyId.test(text);

export const sides = ['train', 'validation', 'test'] as const;
export type Side = (typeof sides)[number];

export const pageParams = {
  offset: z
    .int()
    .min(0)
    .max(2 ** 40)
    .default(0),
  limit: z.int().min(1).max(1000).default(100),
};
export const page = <T extends z.ZodType>(item: T): z.ZodObject<{ total: z.ZodInt; items: z.ZodArray<T> }> =>
  z.strictObject({ total: z.int().nonnegative(), items: z.array(item) });

/** What one side of a conversation says: `role` is system, user, assistant, or what else the source calls it. */
export const turn = z.strictObject({ role: text, content: text });
export type Turn = z.infer<typeof turn>;

/** What a source may hold, and what is read of it where it comes with the product. */
export const importFormats = ['jsonl', 'csv', 'tsv', 'parquet', 'arrow', 'text', 'files'] as const;
export const sourceFormats = [...importFormats, 'sample'] as const;

/** An imported corpus. Its documents lie in `datasets/<id>/documents.parquet` and never change. */
export const datasetRecord = z.strictObject({
  id: id('data'),
  name: shortText,
  created: time,
  source: z.strictObject({
    /** What the user named: a path, or the name of a sample corpus. */
    path: text,
    format: z.enum(sourceFormats),
    files: count,
    /** Bytes read, before decompression. */
    bytes: count,
    /** Over the bytes of all files with their names. */
    sha256,
  }),
  /** Over the documents as they were stored: what a run checks before it resumes. */
  contentSha256: sha256,
  seed: z.int(),
  documents: z.strictObject({ total: count, train: count, validation: count, test: count }),
  /** Sum over the documents' texts, in UTF-8 bytes. */
  textBytes: count,
  /** Gold domains with their documents, the largest first; empty where the corpus has none. */
  domains: z.array(z.strictObject({ name: text, documents: count })),
  rejected: count,
  /** Documents marked as copies of an earlier one. */
  duplicates: z.strictObject({ exact: count, near: count }),
  /** Groups of equal or nearly equal texts that stand on several sides: only where the user gave the sides. */
  leaks: count,
  /** Documents that got a new id because theirs was taken. */
  renamed: count,
  /** What was read of the source and what was not, in sentences; absent where an earlier version imported it. */
  notes: z.array(text).optional(),
  /** What is unusual in the texts: one that is most of all, texts that repeat themselves. */
  warnings: z.array(text).optional(),
});
export type DatasetRecord = z.infer<typeof datasetRecord>;

/** A row of a listing of documents. */
export const documentRow = z.strictObject({
  /** Position in the dataset, from 0: what assignments, labels and links refer to. */
  index: count,
  id: text,
  /** The beginning of the text, at most 200 characters, on one line. */
  preview: text,
  /** Characters (UTF-16 units) of the whole text. */
  length: count,
  side: z.enum(sides),
  domain: text.optional(),
  /** The index of the document that this one repeats. */
  duplicateOf: count.optional(),
  duplicate: z.enum(['exact', 'near']).optional(),
  /** A person took it out: no run reads it. Absent where it takes part. */
  excluded: z.literal(true).optional(),
  /** A person linked it with another one. */
  linked: z.literal(true).optional(),
});
export type DocumentRow = z.infer<typeof documentRow>;

export const fullDocument = documentRow.extend({
  text,
  /** Where it came from: file and the physical line (from 1) where its record begins. */
  file: text,
  line: count,
  /** Other columns of the source, as JSON; empty object where there are none. */
  metadata: tableOf(z.unknown()),
  /** Of a conversation: its turns, of which `text` is the plain rendering. */
  turns: z.array(turn).optional(),
});
export type FullDocument = z.infer<typeof fullDocument>;

/** A row of the source that did not become a document. */
export const rejectionRecord = z.strictObject({ file: text, line: count, reason: text });
export type RejectionRecord = z.infer<typeof rejectionRecord>;

export const questionSetRecord = z.strictObject({
  id: id('questions'),
  name: shortText,
  created: time,
  source: z.strictObject({ path: text, bytes: count, sha256 }),
  seed: z.int(),
  questions: z.strictObject({ total: count, heldout: count, test: count }),
  domains: z.array(z.strictObject({ name: text, questions: count })),
  rejected: count,
  /** The set whose questions were joined by twos into these. */
  composedOf: id('questions').optional(),
});
export type QuestionSetRecord = z.infer<typeof questionSetRecord>;

export const questionRecord = z.strictObject({
  index: count,
  id: text,
  question: text,
  /** Choices of a multiple-choice question, with the index of the right one; otherwise the accepted free answers. */
  choices: z.array(text).optional(),
  correct: count.optional(),
  answers: z.array(text).optional(),
  domain: text.optional(),
  /** Held out for evolution, or touched once at the end. */
  part: z.enum(['heldout', 'test']),
});
export type QuestionRecord = z.infer<typeof questionRecord>;

const figures = tableOf(z.union([z.number(), z.string(), z.boolean()]));

/** One round of a splitting method that goes in rounds; see `RoundFigures` in split/result. */
export const roundRecord = z.strictObject({
  round: z.int().positive(),
  judged: z.int().positive().optional(),
  logLikelihood: z.number().optional(),
  entropy: z.number().optional(),
  beta: z.number().optional(),
  trainLoss: z.number().optional(),
  validationLoss: z.number().optional(),
  churn: share,
  shares: z.array(share),
  dead: count,
});
export type RoundRecord = z.infer<typeof roundRecord>;

export const pileRecord = z.strictObject({
  /** 0 … k−1; people see the letter. */
  pile: count,
  name: shortText,
  /** Training documents, people's moves counted. */
  size: count,
  /** Characteristic words, the most telling first. */
  terms: z.array(text),
});
export type PileRecord = z.infer<typeof pileRecord>;

/** The gold domains of the documents in a pile, the largest first. */
export const pileDomains = z.strictObject({
  pile: count,
  domains: z.array(z.strictObject({ name: text, documents: count })),
});
export type PileDomains = z.infer<typeof pileDomains>;

/** One run of a splitting method over the training documents of a dataset. */
export const splitRecord = z.strictObject({
  id: id('split'),
  name: shortText,
  created: time,
  dataset: id('data'),
  run: id('run').optional(),
  /** By its name in the table of methods. */
  method: shortText,
  k: z.int().positive(),
  seed: z.int(),
  /** Documents that were clustered. */
  documents: count,
  seconds: z.number().nonnegative(),
  settings: figures,
  /** Those of `Quality` in split/describe/quality where gold domains exist; balance, dead always. */
  quality: figures,
  outliers: count,
  rounds: z.array(roundRecord),
  piles: z.array(pileRecord),
  /** Links that it does not honour as its documents lie now, so that a new split from it would; absent where there are none. */
  unmetLinks: count.optional(),
});
export type SplitRecord = z.infer<typeof splitRecord>;

/** A document in a pile. */
export const pileRow = documentRow.extend({
  pile: count,
  /** P(pile | document) when the method ended, of the pile that it chose; absent where it gives none. */
  confidence: share.optional(),
  /** Moved by a person. */
  moved: z.boolean(),
  /** Stays in its pile when a split goes on from this one. */
  pinned: z.literal(true).optional(),
  outlier: z.boolean(),
  /** Counts up with every move: send it back with a move, so that no edit of another window is lost. */
  version: count,
});
export type PileRow = z.infer<typeof pileRow>;

/** Where a document stands in a clustering. */
export const placement = z.strictObject({
  row: pileRow,
  /** Its place in a pile, from 0, the surest documents first; where it would stand if it lies in another one. */
  position: count,
  /** Documents in that pile. */
  of: count,
  /** The documents before and after it. */
  previous: count.optional(),
  next: count.optional(),
});
export type Placement = z.infer<typeof placement>;

/** Why two clusters became one: the guide said so, they mostly held the same, or they were near and nobody was asked any more. */
export const unionRecord = z.strictObject({
  /** Counted from 1 in the order in which they came about. */
  number: z.int().positive(),
  by: z.enum(['guide', 'overlap', 'nearness']),
  /** Words of the other documents that the guide quoted, and what it said. */
  quote: text.optional(),
  reason: text.optional(),
  /** Nats per token that the one made the other more probable, from a guide that goes by likelihood. */
  gain: z.number().optional(),
  /** Documents of the side that it was in, and of the other; where nobody asks for one, of the smaller and the larger side. */
  own: count,
  other: count,
});
export type UnionRecord = z.infer<typeof unionRecord>;

/** What an adapter changes of its base model. */
const loraFigures = z.strictObject({
  /** Absent in records of 0.2.0 and before. */
  form: z.literal('lora').optional(),
  /** Ranks and alphas of its layers, each once, rising: one of each where all layers are alike. */
  ranks: z.array(z.int().positive()),
  alphas: z.array(z.number()),
  /** Names of the linear layers: `q_proj`. */
  targets: z.array(text),
  /** Linear layers that it changes, of all blocks together. */
  modules: count,
  parameters: count,
  /** Of its files. */
  bytes: count,
});
/** An expert with all weights of its own. */
const fullFigures = z.strictObject({ form: z.literal('full'), parameters: count, bytes: count });
/** What is an expert's own. */
export const adapterFigures = z.union([fullFigures, loraFigures]);
export type AdapterFigures = z.infer<typeof adapterFigures>;

/**
 * Experts on one base model: those of one clustering, trained together, or experts that were trained elsewhere. Each
 * lies in `experts/<id>/<letter>/`: an adapter in PEFT's format, or a model folder.
 */
export const expertSetRecord = z.strictObject({
  id: id('experts'),
  name: shortText,
  created: time,
  /** Whose piles they learned from, in its order; absent for experts from elsewhere that belong to no split. */
  clustering: id('split').optional(),
  run: id('run').optional(),
  /** As `--model` takes it; "bundled" where an earlier version had the package's own. */
  model: text,
  modelSha256: sha256,
  /** Tokens that all of them together were trained on, and the seed; absent for experts from elsewhere. */
  tokens: count.optional(),
  seed: z.int().optional(),
  settings: figures,
  experts: z.array(
    z.strictObject({
      letter: text,
      name: shortText,
      /** Its pile with the share of the training documents there; absent where they belong to no split. */
      pile: count.optional(),
      share: share.optional(),
      /** Nats per token over the last tenth of training; absent where its pile was empty. */
      loss: z.number().optional(),
      /** Nats per token on validation documents like those of its pile, its own and the base model's; absent where there were none. */
      validation: z.strictObject({ loss: z.number(), base: z.number() }).optional(),
      role: text.optional(),
      adapter: adapterFigures.optional(),
      /** Where it came from: the folder that the user named, and what its configuration says of its base model. */
      source: z.strictObject({ path: text, baseModel: text.optional() }).optional(),
    }),
  ),
});
export type ExpertSetRecord = z.infer<typeof expertSetRecord>;

/** The mixer of a set of experts: a weighting fitted to them. `weights` is what `openWeighting` reads; listings leave it out. */
export const mixerRecord = z.strictObject({
  id: id('mixer'),
  created: time,
  experts: id('experts'),
  run: id('run').optional(),
  seed: z.int(),
  /** Its name; absent for that of version 0.1.0, the probe. */
  weighting: text.optional(),
  /** What fitting was told beyond its defaults. */
  settings: figures.optional(),
  /** Of the softmax over the experts, where it has one. */
  temperature: z.number().positive().optional(),
  /** Which tokens make the weights, where that was chosen. */
  smoothing: z.enum(['token', 'prefix']).optional(),
  /** Nats per token of the mixture on validation. */
  validationNll: z.number(),
});
export type MixerRecord = z.infer<typeof mixerRecord>;

/** The table of a perplexity evaluation; `macro` is over domains, differences are against the base in nats per token. */
export const perplexityTable = z.object({
  documents: count,
  /** What a reader must know of the intervals. */
  notes: z.array(text).optional(),
  /** Of the mixture; absent where there is none. */
  routing: routing.optional(),
  systems: z.array(
    z.object({
      name: text,
      macro: z.number(),
      bitsPerByte: z.number(),
      difference: z.object({ deltaNats: z.number(), lo: z.number(), hi: z.number() }),
    }),
  ),
});
export type PerplexityTable = z.infer<typeof perplexityTable>;

/** A table of scores with what it came from. */
export const evaluationRecord = z.strictObject({
  id: id('eval'),
  name: shortText,
  created: time,
  kind: z.enum(['perplexity', 'comparison', 'sweep', 'exam', 'evolution']),
  /** Whose documents were scored; absent where questions were asked. */
  dataset: id('data').optional(),
  /** Which questions were asked, and of which half. */
  questions: id('questions').optional(),
  part: z.enum(['heldout', 'test']).optional(),
  experts: id('experts').optional(),
  run: id('run').optional(),
  seeds: z.array(z.int()),
  /** The table: `PerplexityTable` for perplexity, the report of protocol/report for a comparison, `ExamTable` and `EvolutionTable` of protocol/exam: see protocol/evaluation-tables. */
  result: z.unknown(),
});
export type EvaluationRecord = z.infer<typeof evaluationRecord>;
