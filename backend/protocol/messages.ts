/**
 * Every message between a client (editor, command line) and the backend. A client sends requests; the backend answers each
 * with a result or an error, and sends events to every client that asked for them. JSON-RPC 2.0; typed arrays in a result
 * travel in a binary frame before it (base/bundle).
 */
import { z } from 'zod';
import { float32Array, int32Array } from '../base/array-schemas';
import { deviceChoices } from '../base/device';
import { precisions } from '../base/precision';
import { answering, answeringModel, type AnswerToken, answerToken, councilAnswer } from './answers';
import { councilContent, councilRecord, expertMember, unnamedCouncil } from './councils';
import { exclusionRecord, linkRecord, linkChange, moveRecord, pinRecord, renameRecord, whyHere } from './labels';
import {
  splitRecord,
  datasetRecord,
  documentRow,
  evaluationRecord,
  expertSetRecord,
  fullDocument,
  id,
  mixerRecord,
  page,
  pageParams,
  pileRecord,
  pileDomains,
  pileRow,
  placement,
  questionRecord,
  questionSetRecord,
  rejectionRecord,
  sides,
  unionRecord,
} from './records';
import { numberedEvent, type NumberedEvent } from './event';
import { findRequest, foundPage } from './find';
import { guideOffer } from './guide';
import { listedModel, modelFacts, removal, sourceFacts } from './catalog';
import { metric, outcomeFigures, runCost, runNote, runRecord, runSpec, runStates } from './run';
import { tableOf } from '../base/table';
import { namedWorkers } from './workers';

/** Rises when a message changes its meaning: a client of another number is refused. */
export const protocolVersion = 3;

const text = z.string();
const count = z.int().nonnegative();
const nothing = z.strictObject({});
const path = z.string().min(1).max(4096);

/** A project's folder, and the numbers by which a copy of it is told apart. They are larger than what JSON's numbers hold. */
export const place = z.strictObject({
  folder: path,
  device: text.max(40),
  inode: text.max(40),
  /** The file number of the project's database; empty where there is none. */
  database: text.max(40),
});
export type Place = z.infer<typeof place>;

export const check = z.strictObject({
  name: text,
  ok: z.boolean(),
  found: text,
  /** The step that mends it; empty where nothing is to be mended. */
  next: text,
  /** Everything works without it, too. */
  optional: z.literal(true).optional(),
});
export type Check = z.infer<typeof check>;

const method = <P extends z.ZodType, R extends z.ZodType>(params: P, result: R): { params: P; result: R } => ({
  params,
  result,
});

/** Requests of a client, by method. */
export const methods = {
  /** First of all: both sides say what they are. A returning client names the epoch and the last event that it saw. */
  initialize: method(
    z.strictObject({
      protocol: z.int(),
      client: z.string().max(200),
      /** The project that the client means, as it sees it: another one is refused. */
      project: place,
      seen: z.strictObject({ epoch: text, sequence: count }).optional(),
      /** It can do without this backend, which need not wait for it before it ends: an editor starts one of its own. */
      yields: z.boolean().default(false),
    }),
    z.strictObject({
      protocol: z.int(),
      version: text,
      project: text,
      pid: z.int(),
      /** Whom it was started by: an editor's backend ends when it is asked to (`project/close`), a command's with its command. */
      owner: z.enum(['editor', 'command']),
      /** Changes with every start of the backend: numbers of another epoch mean nothing. */
      epoch: text,
      /** Number of the latest event. */
      sequence: count,
      /** The events since `seen`, or null where they are not kept any more: then everything must be asked anew. */
      missed: z.array(numberedEvent).nullable(),
    }),
  ),
  'project/info': method(
    nothing,
    z.strictObject({
      folder: text,
      schema: z.int(),
      version: text,
      counts: tableOf(count),
      /** Bytes on disk: database, datasets, experts, runs, tasks. */
      bytes: tableOf(count),
    }),
  ),
  /** Reads every file of datasets, splits and experts, and tells which are not as they were written. */
  'project/check': method(nothing, z.array(check)),
  /** Moves damaged files of datasets aside, so that an import can take their place. */
  'project/set-aside': method(nothing, z.strictObject({ files: z.array(text) })),
  /** Ends the backend, whoever is connected; runs are interrupted, also those that are kept. Not that of a command. */
  'project/close': method(nothing, nothing),
  'datasets/list': method(z.strictObject(pageParams), page(datasetRecord)),
  'datasets/get': method(z.strictObject({ dataset: id('data') }), datasetRecord),
  'datasets/remove': method(z.strictObject({ dataset: id('data') }), nothing),
  'documents/list': method(
    z.strictObject({
      dataset: id('data'),
      ...pageParams,
      side: z.enum(sides).optional(),
      domain: text.optional(),
      duplicates: z.enum(['only', 'without']).optional(),
      /** Only those that take no part in runs. */
      excluded: z.literal(true).optional(),
      /** Only documents whose text holds this, letter case ignored. */
      contains: z.string().min(1).max(1000).optional(),
    }),
    page(documentRow),
  ),
  /** The rows of these documents, in the order of the dataset. */
  'documents/at': method(
    z.strictObject({ dataset: id('data'), indices: z.array(count).max(1000) }),
    z.array(documentRow),
  ),
  /** Documents by words and filters. Where words are asked for and not indexed yet, nothing is looked for, and that is told. */
  'documents/find': method(findRequest, foundPage),
  'documents/get': method(z.strictObject({ dataset: id('data'), index: count }), fullDocument),
  /** What speaks for the pile that a document is in. Compares it with others, which takes a second or a few. */
  'documents/why': method(z.strictObject({ clustering: id('split'), document: count }), whyHere),
  'rejections/list': method(z.strictObject({ dataset: id('data'), ...pageParams }), page(rejectionRecord)),
  'questions/sets': method(z.strictObject(pageParams), page(questionSetRecord)),
  'questions/list': method(
    z.strictObject({ set: id('questions'), ...pageParams, part: z.enum(['heldout', 'test']).optional() }),
    page(questionRecord),
  ),
  /** Joins questions of different domains by twos into a set of its own. */
  'questions/compose': method(
    z.strictObject({
      set: id('questions'),
      count: z.int().min(1).max(10_000).optional(),
      seed: z.int().default(0),
      name: z.string().min(1).max(200).optional(),
    }),
    questionSetRecord,
  ),
  'splits/list': method(z.strictObject({ ...pageParams, dataset: id('data').optional() }), page(splitRecord)),
  'splits/get': method(z.strictObject({ clustering: id('split') }), splitRecord),
  /** How far two splits of a dataset agree: the documents that both hold, by their piles in both [k of a, k of b]. */
  'splits/compare': method(
    z.strictObject({ a: id('split'), b: id('split') }),
    z.strictObject({ documents: count, counts: z.array(z.array(count)) }),
  ),
  /** How a split came about and what it is like, as a page in Markdown. */
  'splits/report': method(z.strictObject({ clustering: id('split') }), z.strictObject({ markdown: z.string() })),
  /** Why small clusters became piles, the first union first; none where no guide was asked. */
  'splits/unions': method(z.strictObject({ clustering: id('split'), ...pageParams }), page(unionRecord)),
  'splits/remove': method(z.strictObject({ clustering: id('split') }), nothing),
  /**
   * Where the documents of a split lie on its map: near each other where their words are alike, positions [documents, 2]. Of more than
   * 10,000 an even draw. Computed when it is asked for the first time, which takes seconds up to minutes, and kept.
   */
  'splits/layout': method(
    z.strictObject({ clustering: id('split') }),
    z.strictObject({
      /** Of the whole split. */
      total: count,
      documents: int32Array,
      positions: float32Array,
      piles: int32Array,
      /** Those of the documents that fit no pile well. */
      outliers: int32Array,
    }),
  ),
  /** The posteriors of a round, [rows, k], with the dataset's index of each row; round 0 is what the method ended with. */
  'posteriors/get': method(
    z.strictObject({
      clustering: id('split'),
      round: count,
      offset: count.default(0),
      limit: z.int().min(1).max(100_000).default(10_000),
    }),
    z.strictObject({
      total: count,
      k: count,
      documents: int32Array,
      posteriors: float32Array,
    }),
  ),
  'piles/list': method(z.strictObject({ clustering: id('split') }), z.array(pileRecord)),
  'piles/documents': method(
    z.strictObject({
      clustering: id('split'),
      pile: count.optional(),
      outliers: z.boolean().optional(),
      /** Of these documents only. */
      documents: z.array(count).min(1).max(1000).optional(),
      /** As in the dataset; or the surest first, before all others what a person put there. */
      order: z.enum(['document', 'confidence']).default('document'),
      ...pageParams,
    }),
    page(pileRow),
  ),
  /** Where a document stands in its pile or the one that is named; null where it was not clustered. */
  'piles/find': method(
    z.strictObject({ clustering: id('split'), document: count, pile: count.optional() }),
    placement.nullable(),
  ),
  /** How many documents of each gold domain every pile has; none where the corpus has no domains. */
  'piles/domains': method(z.strictObject({ clustering: id('split') }), z.array(pileDomains)),
  'piles/rename': method(
    z.strictObject({ clustering: id('split'), pile: count, name: z.string().min(1).max(200) }),
    nothing,
  ),
  /** Puts all documents of a pile into another one, which can be taken back as moves are. */
  'piles/merge': method(
    z.strictObject({ clustering: id('split'), pile: count, into: count }),
    z.strictObject({ documents: count }),
  ),
  /** All or none: refused as a conflict where a document's version is not the one given any more. */
  'labels/move': method(
    z.strictObject({
      clustering: id('split'),
      documents: z
        .array(z.strictObject({ index: count, version: count }))
        .min(1)
        .max(10_000),
      to: count,
    }),
    z.strictObject({ moves: z.array(moveRecord) }),
  ),
  /** Takes documents out of all runs that begin from now on, or in again; gives what that changed. */
  'labels/exclude': method(
    z.strictObject({ dataset: id('data'), documents: z.array(count).min(1).max(10_000), excluded: z.boolean() }),
    z.strictObject({ exclusions: z.array(exclusionRecord) }),
  ),
  /** Documents that stay in their piles when a split goes on from this one, or need not; gives what that changed. */
  'labels/pin': method(
    z.strictObject({ clustering: id('split'), documents: z.array(count).min(1).max(10_000), pinned: z.boolean() }),
    z.strictObject({ pins: z.array(pinRecord) }),
  ),
  /** Takes back what one request did to documents, names or links: the latest in the clustering and its dataset. */
  'labels/undo': method(
    z.strictObject({ clustering: id('split') }),
    z.strictObject({
      moves: z.array(moveRecord),
      pins: z.array(pinRecord),
      exclusions: z.array(exclusionRecord),
      renames: z.array(renameRecord),
      links: z.array(linkChange),
    }),
  ),
  'labels/list': method(
    z.strictObject({ clustering: id('split'), document: count.optional(), ...pageParams }),
    page(moveRecord),
  ),
  'links/add': method(
    z.strictObject({ dataset: id('data'), kind: z.enum(['must', 'cannot']), a: count, b: count }),
    linkRecord,
  ),
  'links/remove': method(z.strictObject({ link: id('link') }), nothing),
  'links/list': method(
    z.strictObject({ dataset: id('data'), document: count.optional(), ...pageParams }),
    page(linkRecord),
  ),
  'experts/list': method(z.strictObject({ ...pageParams, clustering: id('split').optional() }), page(expertSetRecord)),
  'experts/get': method(z.strictObject({ experts: id('experts') }), expertSetRecord),
  'experts/remove': method(z.strictObject({ experts: id('experts') }), nothing),
  'mixers/list': method(z.strictObject({ ...pageParams, experts: id('experts').optional() }), page(mixerRecord)),
  'councils/list': method(z.strictObject(pageParams), page(councilRecord)),
  /** A text whose writer is not named is a person's. */
  'councils/add': method(councilContent, councilRecord),
  /**
   * A new version of a council, whose earlier ones stay readable: refused as a conflict where its version is not the one given any more.
   * A text that stays keeps its writer.
   */
  'councils/edit': method(
    councilContent.extend({ council: id('council'), version: z.int().positive().optional() }),
    councilRecord,
  ),
  /** Every version of a council, the newest first. */
  'councils/versions': method(z.strictObject({ council: id('council') }), z.array(councilRecord)),
  /** The council that a text in YAML describes, of the experts that it names, else of these or the newest; nothing is kept. */
  'councils/read': method(
    z.strictObject({ text: z.string().max(2 ** 20), called: z.string().max(4096), experts: id('experts').optional() }),
    unnamedCouncil,
  ),
  /** The text in YAML that describes a council, see `councils/read`; of which version, and when that was made. */
  'councils/write': method(
    z.strictObject({ council: id('council') }),
    z.strictObject({ text, version: z.int().positive(), created: z.iso.datetime({ offset: true }) }),
  ),
  /**
   * What a council of these experts could be told, drafted from their piles; nothing is kept. A guide, or each expert itself, writes of
   * the same facts; where one gives nothing that can be used, the drafted role stays, and why is told.
   */
  'councils/draft': method(
    z.strictObject({
      experts: id('experts'),
      writer: z
        .union([z.enum(['draft', 'expert']), z.strictObject({ guide: z.string().min(1).max(4096) })])
        .default('draft'),
    }),
    councilRecord.pick({ instruction: true, instructionBy: true }).extend({
      members: z.array(expertMember),
      failed: z.array(z.strictObject({ letter: text, why: text })),
    }),
  ),
  'councils/remove': method(z.strictObject({ council: id('council') }), nothing),
  'evaluations/list': method(z.strictObject(pageParams), page(evaluationRecord.omit({ result: true }))),
  'evaluations/get': method(z.strictObject({ evaluation: id('eval') }), evaluationRecord),
  /** The newest first, without stages; those of a `parent` in their order. What is done with a stage is done with its parent. */
  'runs/list': method(
    z.strictObject({ ...pageParams, state: z.enum(runStates).optional(), parent: id('run').optional() }),
    page(runRecord),
  ),
  'runs/get': method(z.strictObject({ run: id('run') }), runRecord),
  /** A run that computes what another one that waits or is at work computes is refused as a conflict, unless it is to be done `again`. */
  'runs/start': method(
    z.strictObject({
      spec: runSpec,
      keep: z.boolean().default(false),
      again: z.boolean().default(false),
      /** Who does its tasks in place of this machine; what is left out the backend's environment says. */
      workers: namedWorkers.optional(),
    }),
    runRecord,
  ),
  /** Refuses at once what `runs/start` would refuse of the same run, for those who let it be estimated before. */
  'runs/check': method(z.strictObject({ spec: runSpec, again: z.boolean().default(false) }), nothing),
  /** Whether a run goes on when the window closes: the backend then stays until the last such run is done. */
  'runs/keep': method(z.strictObject({ run: id('run'), keep: z.boolean() }), runRecord),
  'runs/cancel': method(z.strictObject({ run: id('run') }), runRecord),
  'runs/pause': method(z.strictObject({ run: id('run') }), runRecord),
  'runs/resume': method(z.strictObject({ run: id('run') }), runRecord),
  'runs/remove': method(z.strictObject({ run: id('run') }), nothing),
  /** Puts note and tags of a run in the place of what was there; empty ones are none. */
  'runs/annotate': method(runNote, runNote),
  /** Of all runs that have any. */
  'runs/notes': method(nothing, z.array(runNote)),
  /** The figures of what runs made, by its id; what is not there any more is left out. They never change. */
  'runs/outcomes': method(
    z.strictObject({ made: z.array(text).max(1000) }),
    z.array(z.strictObject({ made: text, figures: outcomeFigures })),
  ),
  /** What a run would take, from a short probe of this machine. */
  'runs/estimate': method(z.strictObject({ spec: runSpec }), runCost),
  'runs/metrics': method(
    z.strictObject({ run: id('run'), after: count.default(0), limit: z.int().min(1).max(100_000).default(10_000) }),
    z.array(metric),
  ),
  'runs/log': method(
    z.strictObject({ run: id('run'), offset: count.default(0) }),
    z.strictObject({ text, next: count }),
  ),
  /** What an import of a source would read, from its first records; nothing is kept. */
  'source/inspect': method(z.strictObject({ spec: runSpec }), sourceFacts),
  /** Base models on this machine. They are brought here by a run, see `pullSpec`. */
  'catalog/list': method(nothing, z.array(listedModel)),
  'catalog/inspect': method(z.strictObject({ model: path }), modelFacts),
  /** Every file against the hash that was published, and the weights for values that are no numbers. */
  'catalog/verify': method(z.strictObject({ model: path }), z.array(check)),
  /** What would be removed; refused where nothing may be. */
  'catalog/removal': method(z.strictObject({ model: path }), removal),
  'catalog/remove': method(z.strictObject({ model: path }), removal),
  'models/list': method(nothing, z.array(answeringModel)),
  /** Answers a prompt; with `stream`, tokens also come as `answer/token` notifications to the asking client alone. */
  ask: method(
    z.strictObject({
      /** Who answers, by its name; or a council that is not kept. */
      model: z.union([z.string().max(200), unnamedCouncil]),
      ...answering,
      stream: z.string().max(100).optional(),
      device: z.enum(deviceChoices).optional(),
      /** Of the base model's weights, in full by default; rounded ones are for the processor. */
      precision: z.enum(precisions).optional(),
    }),
    z.strictObject({
      text,
      finish: z.enum(['stop', 'length']),
      experts: z.array(text),
      promptTokens: count,
      tokens: z.array(answerToken),
      /** With `echo`: the tokens of the prompt, without a begin token that was put before it. */
      prompt: z.array(answerToken).optional(),
      council: councilAnswer.optional(),
    }),
  ),
  export: method(
    z.strictObject({
      what: z.enum(['experts', 'labels', 'evaluation', 'council', 'dataset']),
      id: text,
      format: z.enum(['peft', 'jsonl', 'csv', 'parquet', 'json', 'md', 'tex']),
      path,
    }),
    z.strictObject({ files: z.array(text), bytes: count }),
  ),
  doctor: method(nothing, z.array(check)),
  /** Opens the OpenAI-compatible endpoint; a second call tells where it is. The key is shown to whoever may call this. */
  'endpoint/start': method(
    z.strictObject({
      port: z.int().min(0).max(65_535).default(0),
      /** Where and with what weights its answers are computed. */
      device: z.enum(deviceChoices).optional(),
      precision: z.enum(precisions).optional(),
    }),
    z.strictObject({ url: text, key: text }),
  ),
  'endpoint/stop': method(nothing, nothing),
  /** The editor's language models, at an endpoint on this machine, for runs that begin from now on. */
  'guide/offer': method(guideOffer, nothing),
} as const;

export type Methods = typeof methods;
export type Method = keyof Methods;
export type Params<M extends Method> = z.input<Methods[M]['params']>;
export type Given<M extends Method> = z.output<Methods[M]['params']>;
export type Result<M extends Method> = z.output<Methods[M]['result']>;

/** Notifications of the backend besides replies. */
export const eventNotification = 'event';
export const tokenNotification = 'answer/token';

/** Error codes besides those of JSON-RPC itself: `data.next` of a user error is the step that mends it. */
export const errorCodes = { userError: 1, conflict: 2, cancelled: 3, notInitialized: 4 } as const;

/** A backend as its clients see it: in this process, or at the other end of a socket. */
export interface Backend {
  call<M extends Method>(method: M, params: Params<M>, options?: CallOptions): Promise<Result<M>>;
  /** Hears every event from now on; returns the way to stop. */
  listen(listener: (event: NumberedEvent) => void): () => void;
  close(): Promise<void>;
  /** Fulfilled at the end: undefined after `close`, else the reason. */
  readonly closed: Promise<Error | undefined>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Tokens of `ask` as they come. */
  readonly onToken?: (token: AnswerToken) => void;
}

/** What stands behind the table of methods: one function per method, given parameters that were checked. */
export type Handlers = {
  readonly [M in Exclude<Method, 'initialize'>]: (params: Given<M>, options: CallOptions) => Promise<Result<M>>;
};
