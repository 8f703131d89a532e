/** What is told of base models on this machine, and of a source before it is imported. */
import { z } from 'zod';
import { tableOf } from '../base/table';
import { rejectionRecord, sourceFormats } from './records';

const count = z.int().nonnegative();
const text = z.string();

/** A base model on this machine. */
export const listedModel = z.strictObject({
  /** As `--model` takes it. */
  name: text,
  /** Who keeps it: this package, the hub's cache, the cache of packages, the user, or another program. */
  origin: z.enum(['Polymath', 'hub', 'package', 'file', 'Ollama', 'LM Studio']),
  path: text,
  /** Bytes on the disk: the files, and what Polymath made of them. */
  bytes: count,
  /** Why it cannot be used; absent where it can. */
  problem: text.optional(),
});
export type ListedModel = z.infer<typeof listedModel>;

/** What a model is and what it takes. */
export const modelFacts = z.strictObject({
  name: text,
  folder: text,
  /** The GGUF file that the folder was made from. */
  gguf: text.optional(),
  family: text,
  parameters: count,
  /** Parameters by the type in which the folder keeps them. */
  types: tableOf(count),
  layers: count,
  hiddenSize: count,
  heads: count,
  keyValueHeads: count,
  /** Tokens that it reads at most. */
  context: count,
  vocabulary: count,
  tokenizer: text,
  chatTemplate: z.boolean(),
  /** As its card or its file says it. */
  license: text.optional(),
  /** Bytes of the folder. */
  bytes: count,
  /** Bytes of memory, estimated: to answer, and to train an adapter. */
  memory: z.strictObject({ decode: z.number(), train: z.number() }),
});
export type ModelFacts = z.infer<typeof modelFacts>;

/** What removing a model removes. */
export const removal = z.strictObject({
  /** Files and folders. */
  paths: z.array(text),
  bytes: count,
  /** Only what was made of the model goes; the model itself is not Polymath's to remove. */
  copies: z.boolean(),
});
export type Removal = z.infer<typeof removal>;

/** A document as a preview shows it. */
export const previewedDocument = z.strictObject({ text, id: text.optional(), domain: text.optional() });

/** A source as an import would read it, from its first records. */
export const sourceFacts = z.strictObject({
  name: text,
  format: z.enum(sourceFormats),
  files: count,
  /** Before decompression. */
  bytes: count,
  /** Columns (fields) of the first records; empty where the format has none. */
  fields: z.array(text),
  /** Those that would be read; without a text where none can hold it. */
  columns: z.strictObject({ text: text.optional(), id: text.optional(), domain: text.optional() }),
  /** Why that column holds the texts; absent where there are no columns. */
  why: text.optional(),
  /** The beginnings of the first documents. */
  preview: z.array(previewedDocument),
  /** Documents that an import would make: reckoned from those that were looked at, unless these were `all`. */
  documents: z.strictObject({ total: count, train: count, validation: count, test: count, all: z.boolean() }),
  /** Of all texts, in UTF-8. */
  textBytes: count,
  /** Records that were looked at and would be left out. */
  rejected: z.strictObject({ count, first: z.array(rejectionRecord) }),
  /** What would be read and what would not, in sentences. */
  notes: z.array(text),
});
export type SourceFacts = z.infer<typeof sourceFacts>;
