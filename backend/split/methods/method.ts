/** What a splitting method says of itself: `methods/<name>/settings.ts`. Free of schemas, because the editor loads it when it starts. */
import { formatList, formatNumber } from '../../base/format';
import { expertLetter } from '../../base/letter';
import type { Raw, SettingsTable } from '../../base/settings';

export interface MethodData<S extends SettingsTable = SettingsTable> {
  /** The one name for people, in lists, pages and reports. */
  readonly label: string;
  /** One sentence: by what documents are told apart. */
  readonly detail: string;
  /** What its P(pile | document) goes by, after "by"; absent where it has no degrees, and then people see no figure. */
  readonly posterior?: string;
  /** How long it takes on a corpus of some thousand documents, or that it is there to be compared with. */
  readonly pace: 'seconds' | 'minutes' | 'control';
  readonly settings: S;
  /** Whether the base model computes with these settings; its tokenizer reads the documents in any case. */
  readonly computes?: (values: Raw) => boolean;
  /** It cannot go on from piles that are there, or begins with none. */
  readonly beginsAnew?: true;
  /** There is a pile for each gold domain, whatever number of piles is asked for. */
  readonly byDomains?: true;
  /** It tells how likely held-out documents are, in nats per so much: numbers of piles can be chosen by that. */
  readonly likelihoodPer?: 'token' | 'word';
  /** The label beside these settings, where they make a difference to people. */
  readonly labelWith?: (values: Raw) => string;
  /** Sentences on what became of a split, from the settings that its record keeps, beside what is told of every method. */
  readonly describe?: (settings: Raw) => readonly string[];
}

export type MethodTable = Readonly<Record<string, MethodData>>;

/** What the method of a name says of itself; undefined for one of another version. */
export function methodData(methods: MethodTable, name: string): MethodData | undefined {
  return Object.hasOwn(methods, name) ? methods[name] : undefined;
}

/**
 * What people are told of piles without documents, with the way out; undefined where there are none. One that has characteristic words
 * had documents: people moved or merged them.
 */
export function toldOfEmptyPiles(
  piles: readonly { readonly pile: number; readonly size: number; readonly terms: readonly string[] }[],
): string | undefined {
  const empty = piles.filter(({ size }) => size === 0);
  const [emptied, never] = [true, false].map((had) => empty.filter(({ terms }) => terms.length > 0 === had));
  const named = (some: typeof empty, one: string, several: string): string =>
    `${some.length === 1 ? 'Pile' : 'Piles'} ${formatList(some.map(({ pile }) => expertLetter(pile)))} ${some.length === 1 ? one : several}.`;
  const sentences = [];
  if (never.length > 0) {
    const living = formatNumber(piles.length - never.length, 'pile');
    sentences.push(
      named(never, 'is empty: no expert is trained of it', 'are empty: no experts are trained of them'),
      `Ask for ${living}, or split by k-means, which fills all that documents suffice for.`,
    );
  }
  if (emptied.length > 0) {
    sentences.push(
      named(
        emptied,
        'was emptied by hand: no expert is trained of it',
        'were emptied by hand: no experts are trained of them',
      ),
      'A split that goes on from this one leaves out what is empty.',
    );
  }
  return sentences.length === 0 ? undefined : sentences.join(' ');
}
