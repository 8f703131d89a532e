/** What a guide may be asked at most. Free of schemas, for the editor. */

export interface GuideWishes {
  /** Small clusters to begin with; 0 begins with single documents. */
  readonly microClusters?: number | undefined;
  readonly queries?: number | undefined;
  readonly guideTokens?: number | undefined;
}

/** What is wished, and for the rest: enough small clusters to be pure, and as many questions as they need, some of them in vain. */
export function guideBudget(
  k: number,
  documents: number,
  { microClusters = Math.min(documents, 20 * k), queries, guideTokens }: GuideWishes = {},
): { readonly microClusters: number; readonly queries: number; readonly tokens: number } {
  const clusters = microClusters === 0 ? documents : microClusters;
  return { microClusters, queries: queries ?? 5 * clusters, tokens: guideTokens ?? 10_000_000 };
}
