import { formatCount } from '../../../base/format';
import { choice, type Raw, type SettingsTable, text, whole } from '../../../base/settings';
import type { MethodData } from '../method';

/** What is said of the guide's work; the rest goes by the corpus. */
export interface GuideBounds {
  /** Small clusters to begin with; 0 begins with single documents. */
  readonly microClusters?: number | undefined;
  readonly queries?: number | undefined;
  readonly guideTokens?: number | undefined;
}

/** What a guide may be asked at most: what is wished, and for the rest enough small clusters to be pure, and as many questions as they need, some of them in vain. */
export function guideBudget(
  k: number,
  documents: number,
  { microClusters = Math.min(documents, 20 * k), queries, guideTokens }: GuideBounds = {},
): { readonly microClusters: number; readonly queries: number; readonly tokens: number } {
  const clusters = microClusters === 0 ? documents : microClusters;
  return { microClusters, queries: queries ?? 5 * clusters, tokens: guideTokens ?? 10_000_000 };
}

/** Beside the number of piles and, where it is known, of training documents. */
function budgetOf({ k, documents, ...bounds }: Raw): ReturnType<typeof guideBudget> | undefined {
  if (typeof k !== 'number' || typeof documents !== 'number') return undefined;
  return guideBudget(k, documents, bounds);
}

export const guidedSettings = {
  guide: {
    form: text(4096),
    label: 'Guide',
    help: 'likelihood, local, or <url>#<model> of an endpoint such as Ollama’s',
    default: 'likelihood',
  },
  form: {
    form: choice({ union: 'united at once', grow: 'joins, and what mostly holds the same is merged' }),
    label: 'Form',
    help: 'what becomes of what the guide names',
    usual: () => 'union' as const,
  },
  microClusters: {
    form: whole(0),
    label: 'Small Clusters to Begin with',
    help: 'small clusters to begin with; 0 begins with single documents',
    usual: (values) => budgetOf({ ...values, microClusters: undefined })?.microClusters,
    otherwise: '20 for each pile',
  },
  queries: {
    form: whole(),
    label: 'Questions at Most',
    help: 'questions at most; what they leave open goes by nearness',
    unit: 'questions',
    usual: (values) => budgetOf({ ...values, queries: undefined })?.queries,
    otherwise: 'five for each small cluster',
  },
  guideTokens: {
    form: whole(),
    label: 'Tokens of the Guide at Most',
    help: 'tokens of questions and answers at most',
    unit: 'tokens',
    usual: () => 10_000_000,
  },
} as const satisfies SettingsTable;

export const guidedData: MethodData<typeof guidedSettings> = {
  label: 'Guided by a language model',
  detail: 'A model says which small clusters belong together, and why.',
  posterior:
    'how likely its words are in the piles that the guide made, or where that saw single documents how near it lies to their middles',
  pace: 'minutes',
  settings: guidedSettings,
  computes: ({ guide = 'likelihood' }) => guide === 'likelihood' || guide === 'local',
  describe,
};

const endings: Readonly<Record<string, string>> = {
  budget: 'Its budget was spent.',
  gone: 'It stopped answering.',
  undecided: 'It had no more to say.',
};

/** What the guide did, from what a split keeps of it. */
function describe({ guide, queries, unions, byNearness, malformed, silent, ended }: Raw): readonly string[] {
  if (typeof guide !== 'string') return [];
  const count = (value: unknown): string => formatCount(Number(value));
  const own = Number(unions) - Number(byNearness);
  return [
    `The guide (${guide}) answered ${count(queries)} questions: ${count(own)} unions by it, ${count(byNearness)} by nearness.`,
    ...(Number(malformed) > 0 ? [`${count(malformed)} of its answers could not be used.`] : []),
    ...(Number(silent) > 0 ? [`${count(silent)} questions got no answer.`] : []),
    ...(typeof ended === 'string' && Object.hasOwn(endings, ended) ? [endings[ended]] : []),
  ];
}
