/** What the process of a run does for a kind of run, and how long it will take. Loaded only there and then. */
import type { ModelConfig } from '../model/architectures/config';
import type { Device } from '../base/device';
import type { Products } from '../base/precision';
import { UserError } from '../base/errors';
import type { Job } from '../engine/job';
import type { SentenceEncoder } from '../model/sentence-encoder';
import type { Outcome } from '../protocol/outcome';
import type { RunCost, RunSpec } from '../protocol/run';
import { isKind } from './kind';
import type { Lengths, EstimatedWork } from './shared/estimate';
import type { DatasetInputs, KindInputs } from './shared/inputs';

export interface Estimated<S, I> {
  readonly spec: S;
  readonly inputs: I;
  readonly lengths: Lengths;
  readonly config: ModelConfig;
}

/** What is to be known before a run that computes is started. */
export interface KindEstimate<S, I> {
  /** The base model, by the name that `--model` takes. */
  readonly baseModel: (spec: S, inputs: I) => string;
  /** The sentence encoder that documents are read with, where one is asked for. */
  readonly encoder?: (spec: S) => Promise<SentenceEncoder | undefined>;
  /** Adds what the run computes; returns how many documents it reads. */
  readonly add: (work: EstimatedWork, run: Estimated<S, I>) => Promise<number>;
  /** Whether a worker computes beside the process of the run. */
  readonly byTasks?: true;
}

/** As the registry holds it: for specifications and inputs of whatever kind, which it checks. */
export interface KindWork {
  readonly run: (job: Job<RunSpec>) => Promise<Outcome>;
  /** Absent for work on files, which is not estimated. */
  readonly estimate?: () => Promise<CheckedEstimate>;
  /** Of a run that leads others: what all of them take. */
  readonly estimateStages?: () => Promise<(spec: RunSpec, place: EstimatedPlace) => Promise<RunCost>>;
}

/** Where stages are estimated that have not begun. */
export interface EstimatedPlace {
  readonly device: Device;
  readonly products: Products;
  readonly signal: AbortSignal;
}

export interface CheckedEstimate {
  readonly check: (spec: RunSpec, inputs: unknown) => RunEstimate;
}

/** What a run reads: documents of a dataset, or questions. */
export interface ReadInputs {
  readonly dataset?: DatasetInputs['dataset'];
  readonly questions?: readonly { readonly question: string; readonly choices?: readonly string[] | undefined }[];
}

/** The estimate of one run. */
export interface RunEstimate {
  readonly inputs: ReadInputs;
  readonly baseModel: string;
  readonly encoder: () => Promise<SentenceEncoder | undefined>;
  readonly add: (
    work: EstimatedWork,
    sizes: Pick<Estimated<unknown, unknown>, 'lengths' | 'config'>,
  ) => Promise<number>;
  readonly byTasks: boolean;
}

export type WorkTable = Readonly<Record<string, KindWork>>;

/** Throws UserError for a kind that this version does not have. */
export function workOf(table: WorkTable, kind: string): KindWork {
  if (Object.hasOwn(table, kind)) return table[kind];
  throw new UserError(`This version cannot do runs of the kind ${kind}.`, 'Use the version that started the run.');
}

/** Work on files. */
export function fileWork<S extends { readonly kind: string }, I>(
  kind: S['kind'],
  inputs: KindInputs<S, I>,
  load: () => Promise<(job: Job<S, I>) => Promise<Outcome>>,
): KindWork {
  return {
    run: async (job) => {
      const work = await load();
      return work({ ...job, spec: specOf<S>(kind, job.spec), inputs: inputs.schema.parse(job.inputs) });
    },
  };
}

/** Work that runs of other kinds do, which the coordinator leads. */
export function ledWork<S extends { readonly kind: string }>(
  kind: S['kind'],
  loadEstimate: () => Promise<(spec: S, place: EstimatedPlace) => Promise<RunCost>>,
): KindWork {
  return {
    run: () => Promise.reject(new Error(`a run of the kind ${kind} has no process of its own`)),
    estimateStages: async () => {
      const estimate = await loadEstimate();
      return (spec, place) => estimate(specOf<S>(kind, spec), place);
    },
  };
}

/** Work that computes with a model. */
export function modelWork<S extends { readonly kind: string }, I extends ReadInputs>(
  kind: S['kind'],
  inputs: KindInputs<S, I>,
  load: () => Promise<(job: Job<S, I>) => Promise<Outcome>>,
  loadEstimate: () => Promise<KindEstimate<S, I>>,
): KindWork {
  return {
    ...fileWork(kind, inputs, load),
    estimate: async () => {
      const { baseModel, encoder, add, byTasks = false } = await loadEstimate();
      return {
        check: (given, raw) => {
          const [spec, read] = [specOf<S>(kind, given), inputs.schema.parse(raw)];
          return {
            inputs: read,
            baseModel: baseModel(spec, read),
            encoder: () => encoder?.(spec) ?? Promise.resolve(undefined),
            add: (work, sizes) => add(work, { spec, inputs: read, ...sizes }),
            byTasks,
          };
        },
      };
    },
  };
}

function specOf<S extends { readonly kind: string }>(kind: S['kind'], spec: RunSpec): S {
  if (isKind<S>(kind, spec)) return spec;
  throw new Error(`a run of the kind ${spec.kind} is no ${kind}`);
}
