/**
 * A weighting: a rule that weighs k experts at each token. One folder of `weightings/` holds one, and `weightings.ts` lists them;
 * decoding (decode.ts) and scoring (evidence.ts) read the same `start()` and `exponents`, so a rule stands once.
 */
import type { ReadFile } from '../base/files';
import type { Watch } from '../base/progress';
import type { Rule, SettingsTable, Wanted } from '../base/settings';
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import type { SplitSpace } from '../split/space';
import type { BaseColumn } from './base-column';
import type { ExpertReading } from './reading';

/** What is told of each token of a text, from the first one on: its prefix token, or what a prompt begins with. What a weighting does not need is zero or empty. */
export interface TokenReading {
  /** Nats [k] of this token under each expert; zero for the first token, which nobody predicts. */
  readonly losses: Float64Array;
  /** [k]: what is kept for each expert of the hidden state after this token. */
  readonly opinions: Float64Array;
  /** What the token adds to the text: a character comes with its last byte. */
  readonly text: string;
}

/** Reads one token more, and gives the log weights [k] of the experts for the token after it. */
export type WeightReader = (token: TokenReading) => Float64Array;

/** What a weighting reads of a text: nothing else is computed for it. */
export interface TokenNeeds {
  readonly losses?: true;
  readonly text?: true;
  readonly hidden?: {
    /** D */
    readonly size: number;
    /** What is kept for an expert of the hidden state that begins at `from` of the states: its own, or the base model's where it is probed. */
    readonly opinion: (states: Float32Array, from: number, expert: number) => number;
  };
}

/** How the tokens of a text make its weights: the last token alone, or all tokens so far. */
export type Smoothing = 'token' | 'prefix';

/**
 * What experts say together where it is no mixture: q^mixture · b^base, normalised; q is the mixture by the weights, b the base model's
 * distribution. With exponents that sum to 1, what the experts add to the base model is told more strongly: DExperts (Liu et al. 2021),
 * with a mixture for the expert and the base model for the anti-expert.
 */
export interface Exponents {
  readonly mixture: number;
  readonly base: number;
}

/** A weighting fitted to experts. */
export interface FittedWeighting {
  /** Columns that are weighed: the experts, and behind them the base model where it is weighed as they are. */
  readonly k: number;
  /** What the base model is read for, if it is. */
  readonly base?: BaseColumn;
  /** Without them the mixture is what is said. */
  readonly exponents?: Exponents;
  readonly needs: TokenNeeds;
  /** A text that is too long for the model is read stretch by stretch: whether the reader goes on there or begins anew. */
  readonly memory: 'text' | 'stretch';
  /** What people are told of it. */
  readonly figures: { readonly temperature?: number; readonly smoothing?: Smoothing };
  start(): WeightReader;
  /** What `open` reads, with the weighting's name. */
  toJson(): Readonly<Record<string, unknown>>;
  /** The files that this form names, by their names. */
  files?(): Readonly<Record<string, Uint8Array>>;
}

/** What there is to fit a weighting to. Texts are token sequences with their prefix tokens. */
export interface FitEvidence {
  readonly model: LanguageModel;
  /** The k experts. */
  readonly stack: ExpertStack;
  /** How they read texts; in this process where it is absent. */
  readonly reading?: ExpertReading;
  readonly seed: number;
  /** [k]: share of the training documents in each expert's pile. */
  readonly shares: readonly number[];
  /** Documents with their experts; −1 is a document of none. */
  readonly training: { readonly documents: readonly Int32Array[]; readonly piles: Int32Array };
  readonly validation: readonly Int32Array[];
  /** Where the split's documents lie, where the split tells: read on demand, for it can be large. */
  readonly space?: {
    /** Below the project's folder; absent where the split is not kept. */
    readonly file?: string;
    /** [k]: the number of each expert's pile there. */
    readonly piles: readonly number[];
    readonly read: () => Promise<SplitSpace>;
  };
}

/** What fitting gives, and other forms of the same weighting that were tried, by a name for people. */
export interface Fit {
  readonly weighting: FittedWeighting;
  /** Nats per token of the mixture on validation, where fitting found them. */
  readonly validationNll?: number;
  readonly tried?: ReadonlyMap<string, FittedWeighting>;
}

/** What a weighting says of itself: `weightings/<name>/settings.ts`. Free of schemas, because the editor loads it when it starts. */
export interface WeightingData<S extends SettingsTable = SettingsTable> {
  /** Its name in files and settings. */
  readonly name: string;
  /** Beside other weightings of the same experts. */
  readonly label: string;
  /** How it finds the expert for a token, for people. */
  readonly detail: string;
  /** What fitting is told, where there is a choice; a weighting of another name may have the same. */
  readonly settings?: S;
  /** Settings that do not go together. */
  readonly rules?: readonly Rule[];
}

export interface Weighting<S extends SettingsTable = SettingsTable> extends WeightingData<S> {
  /** Positions of training documents that fitting looks at, beside the validation documents; absent for none. */
  readonly positions?: number;
  /** How often fitting reads the validation documents beyond once, with the base model beside the experts; absent for never. */
  readonly readings?: number;
  /** With values of its settings. Throws UserError where what it needs is not there, and the signal's reason when it is aborted. */
  fit(evidence: FitEvidence, watch: Watch, values: Wanted<S>): Promise<Fit>;
  /** From its form on disk, with the files that this names. Throws ZodError where it is none. */
  open(json: unknown, read: ReadFile): FittedWeighting | Promise<FittedWeighting>;
}
