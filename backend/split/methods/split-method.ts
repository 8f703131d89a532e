/** What a splitting method is: what it says of itself (`method.ts`), and what it does. */
import { UserError } from '../../base/errors';
import type { Watch } from '../../base/progress';
import type { Raw, SettingsTable, Values } from '../../base/settings';
import { readValues } from '../../base/settings-schema';
import type { TokenizedCorpus } from '../../corpus/tokenized';
import type { ModelConfig } from '../../model/architectures/config';
import type { ExpertSettings } from '../../model/experts/forms';
import type { ExpertStack } from '../../model/experts/stack';
import type { LanguageModel } from '../../model/language-model';
import type { SentenceEncoder } from '../../model/sentence-encoder';
import type { SplitComputing } from '../computing';
import type { Group } from '../constraints/constraints';
import type { EarlierPiles, Found } from '../result';
import type { Guide, GuideLimits } from './guided/guide';
import type { MethodData } from './method';

export interface SplitMethod<S extends SettingsTable = SettingsTable> extends MethodData<S> {
  /**
   * Splits the training documents. Throws UserError where they cannot be split so, and the reason of the watch's signal when that is
   * aborted.
   */
  readonly run: (task: SplitTask, values: Values<S>) => Promise<Found>;
  /** Adds what the base model will compute; absent where it computes nothing. */
  readonly estimate?: (expected: ExpectedSplit, values: Values<S>) => Promise<void>;
}

/** What every method is given beside its own settings. */
export interface SplitTask {
  readonly model: LanguageModel;
  readonly corpus: TokenizedCorpus;
  readonly k: number;
  readonly seed: number;
  /** What people said of the training documents: every method keeps to it. */
  readonly groups: readonly Group[];
  /** Piles to begin with. */
  readonly from?: EarlierPiles;
  readonly open: Openers;
  /** Computes elsewhere, by tasks; in this process where it is absent. */
  readonly computing?: SplitComputing;
  readonly watch: Watch;
}

/** Opens what costs, for a method whose settings ask for it. Each throws UserError where there is no such thing. */
export interface Openers {
  /** The method disposes of it. */
  readonly encoder: (name: string) => Promise<SentenceEncoder>;
  /** A guide that may be asked so much, about these texts. */
  readonly guide: (name: string, limits: GuideLimits, texts: readonly string[]) => Promise<Guide>;
  readonly experts: (id: string) => Promise<BeginningExperts>;
}

/** A set of experts, and the names of their piles [k]. */
export interface BeginningExperts {
  readonly stack: ExpertStack;
  readonly names: readonly string[];
  /** Nothing is learned: documents stay with the expert that predicts them best. */
  readonly keep: boolean;
}

/** What is known of a split before it is made. */
export interface ExpectedSplit {
  readonly k: number;
  readonly documents: { readonly train: number; readonly validation: number };
  /** Mean tokens of a document, cut at `limit`. */
  readonly meanLength: (limit: number) => number;
  /** Of the base model. */
  readonly config: ModelConfig;
  /** Trained experts that it begins with. */
  readonly experts?: { readonly count: number; readonly expert: ExpertSettings; readonly keep: boolean };
  readonly work: ModelWork;
}

/** Sums up what a model will compute. */
export interface ModelWork {
  /** Tokens that experts learn from, all k of them together. */
  readonly train: (tokens: number, shape: TrainingShape) => Promise<void>;
  /**
   * Documents that k experts read up to so many tokens, or to their ends stretch by stretch, in batches of like lengths, which are filled up to
   * the longest; k = 0 is the base model alone.
   */
  readonly read: (documents: number, k: number, shape: Pick<TrainingShape, 'expert'>, limit?: number) => Promise<void>;
  /** The same of other texts: tokens, counted once per expert, in texts of so many. */
  readonly score: (tokens: number, k: number, shape: Pick<TrainingShape, 'expert'>, length: number) => Promise<void>;
  /** Work without a model that grows with the documents: done with a sample of them. What their number does not allow is left out. */
  readonly onTexts: (documents: number, work: (texts: readonly string[]) => Promise<unknown>) => Promise<void>;
  /** Bytes that are held beside what a step takes. */
  readonly hold: (bytes: number) => void;
  /** All this is a bound: it may end earlier. */
  readonly mayEndEarlier: () => void;
}

/** k experts side by side, each on rows of `context` tokens. */
export interface TrainingShape {
  readonly k: number;
  readonly expert: ExpertSettings;
  readonly rows: number;
  readonly context: number;
}

/** A method as the registry holds it: for values of whatever settings, of which it takes its own and checks them. */
export interface CheckedMethod extends MethodData {
  readonly run: (task: SplitTask, values: Raw) => Promise<Found>;
  readonly estimate?: (expected: ExpectedSplit, values: Raw) => Promise<void>;
}

export type SplitMethodTable = Readonly<Record<string, CheckedMethod>>;

/** The method for the registry; it throws UserError for values that its settings do not allow. */
export function checked<S extends SettingsTable>({ run, estimate, ...data }: SplitMethod<S>): CheckedMethod {
  const { settings } = data;
  const own = (values: Raw): Values<S> =>
    readValues(settings, Object.fromEntries(Object.entries(values).filter(([key]) => Object.hasOwn(settings, key))));
  return {
    ...data,
    run: (task, values) => run(task, own(values)),
    ...(estimate && { estimate: (expected, values) => estimate(expected, own(values)) }),
  };
}

/** Throws UserError for a method that is not among them. */
export function methodNamed(methods: SplitMethodTable, name: string): CheckedMethod {
  if (Object.hasOwn(methods, name)) return methods[name];
  throw new UserError(`There is no splitting method ${name}.`, `The methods are ${Object.keys(methods).join(', ')}.`);
}
