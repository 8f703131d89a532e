/** Splitting under the guidance of a language model, from small clusters to k piles with the evidence of every union. */
import { renamed, type Watch } from '../../../base/progress';
import type { Values } from '../../../base/settings';
import { defaultLora } from '../../../model/adapters/adapter';
import { keepingTo } from '../../constraints/balance';
import type { Found, Union } from '../../result';
import type { ExpectedSplit, SplitMethod, SplitTask } from '../split-method';
import { BudgetSpentError } from './guide-budget';
import { beginWork, type Cluster, joinByNearness, type GuidedWork } from './clusters';
import { growAndMerge } from './grow-and-merge';
import { type Guide, type GuideFigures, GuideGoneError } from './guide';
import type { GuidedSettings } from './guided-settings';
import { guideBudget, guidedData as data, type guidedSettings } from './settings';
import { unionAtOnce } from './union-at-once';
import { fitUnigramMixture, type UnigramMixture } from '../unigram/unigram-em';
import { buildVocabulary, countWords } from '../../features/word-counts';
import { cosine, Units } from './units';

type GuidedValues = Values<typeof guidedSettings>;

/**
 * A language model says which small clusters belong together, after ClusterLLM (Zhang et al. 2023) and few-shot clustering (Viswanathan
 * et al. 2024): here every union keeps its evidence, and there are k piles in any case, whatever the guide does.
 */
export const guided: SplitMethod<typeof guidedSettings> = { ...data, run, estimate };

// Candidates that a guide is shown, the nearest by tf-idf and SVD.
const candidates = 4;

async function run({ corpus, k, seed, groups, from, open, watch }: SplitTask, values: GuidedValues): Promise<Found> {
  const texts = corpus.train.map(({ text }) => text);
  const { guide: name, form = data.settings.form.usual() } = values;
  const { microClusters, ...limits } = guideBudget(k, texts.length, values);
  const guide = await open.guide(name, limits, texts);
  const settings = { k, seed, form, microClusters, candidates, groups, ...(from && { start: from.assignments }) };
  const { assignments, posteriors, unions, titles, ended, ...counts } = await guidedPiles(
    texts,
    guide,
    settings,
    watch,
  );
  const { queries, kept, tokens, malformed, silent } = guide.figures;
  const byNearness = unions.filter(({ by }) => by === 'nearness').length;
  return {
    assignments,
    posteriors,
    unions,
    titles,
    settings: {
      ...{ guide: guide.name, form, microClusters: counts.microClusters, candidates, queries, moved: counts.moved },
      ...{ kept, tokens, malformed, silent, unions: unions.length, byNearness },
      ...(ended && { ended }),
    },
  };
}

/** Measured on 4,506 documents in six domains. */
const [questionsPerCluster, tokensPerQuestion] = [4, 4200];

/** By likelihood a question is a few documents after each of a few others. */
async function estimate({ k, documents, work }: ExpectedSplit, values: GuidedValues): Promise<void> {
  if (data.computes?.(values) === false) return;
  const { microClusters, queries } = guideBudget(k, documents.train, values);
  const asked = Math.min(queries, questionsPerCluster * (microClusters === 0 ? documents.train : microClusters));
  await work.score(asked * tokensPerQuestion, 0, { expert: defaultLora }, 128);
}

export interface GuidedPiles {
  readonly assignments: Int32Array;
  /**
   * P(pile | document), [N, k]: by the words of the piles that the guide made of small clusters; where it saw single documents its word
   * stands, and this tells how near each lies to the piles, which may be another one's middle.
   */
  readonly posteriors: Float32Array;
  readonly unions: readonly Union[];
  readonly figures: GuideFigures;
  /** Small clusters that there were, and documents that the words of the piles put elsewhere in the end. */
  readonly microClusters: number;
  readonly moved: number;
  /** Why the guide was asked no more before k piles were left; undefined where it was not so. */
  readonly ended: 'budget' | 'gone' | 'undecided' | undefined;
  /** Titles that the guide gave the piles, [k]. */
  readonly titles: readonly (string | undefined)[];
}

/** Throws UserError where no two texts share a word, or the guide cannot be asked at all. */
export async function guidedPiles(
  texts: readonly string[],
  guide: Guide,
  settings: GuidedSettings,
  watch: Watch,
): Promise<GuidedPiles> {
  const { k, seed, form, microClusters, groups } = settings;
  const units = await Units.make(texts, {
    count: microClusters === 0 ? 0 : Math.max(k, microClusters),
    seed,
    groups,
    watch: renamed(watch, 'Small clusters to begin with'),
  });
  const work = beginWork(units);
  let ended: GuidedPiles['ended'];
  try {
    await (form === 'union' ? unionAtOnce : growAndMerge)(work, guide, settings, watch);
    if (work.clusters.length > k) ended = 'undecided';
  } catch (error) {
    ended = endingOf(error);
  }
  joinByNearness(work, k);
  work.clusters = numbered(work, settings);
  const joined = keepingTo(groups, assign(work, texts.length, k), k);
  const judged = units.count < texts.length ? await judgeOnce(texts, joined, settings) : undefined;
  const assignments = judged?.assignments ?? joined;
  const titles = ended === 'budget' || ended === 'gone' ? [] : await titlesFor(work, guide);
  return {
    assignments,
    posteriors: judged?.posteriors ?? units.nearness(joined, k),
    unions: work.unions,
    figures: guide.figures,
    microClusters: units.count,
    moved: assignments.filter((pile, row) => pile !== joined[row]).length,
    ended,
    titles: Array.from({ length: k }, (_, pile) => titles[pile]),
  };
}

/**
 * The guide saw small clusters, and no clustering by words is without strays: each document is judged once by the words of the piles as
 * the guide made them, without its own.
 */
function judgeOnce(
  texts: readonly string[],
  start: Int32Array,
  { k, seed, groups }: GuidedSettings,
): Promise<Pick<UnigramMixture, 'assignments' | 'posteriors'>> {
  return fitUnigramMixture(countWords(texts, buildVocabulary(texts)), { k, seed, groups, start, maxRounds: 1 });
}

function endingOf(error: unknown): 'budget' | 'gone' {
  if (error instanceof BudgetSpentError) return 'budget';
  if (error instanceof GuideGoneError) return 'gone';
  throw error;
}

/** The clusters as piles, the largest first; or each in the place of the earlier pile of which it holds most. */
function numbered({ units, clusters }: GuidedWork, { start, k }: GuidedSettings): Cluster[] {
  const largest = [...clusters].sort((a, b) => b.documents - a.documents);
  if (start === undefined) return largest;
  const shared = largest.slice(0, k).flatMap((cluster) => {
    const counts = new Int32Array(k);
    for (const row of units.documents(cluster.units)) if (start[row] >= 0) counts[start[row]]++;
    return Array.from(counts, (count, pile) => ({ cluster, pile, count }));
  });
  const places = new Map<number, Cluster>();
  for (const { cluster, pile } of shared.sort((a, b) => b.count - a.count)) {
    if (!places.has(pile) && ![...places.values()].includes(cluster)) places.set(pile, cluster);
  }
  const placed = Array.from({ length: k }, (_, pile) => places.get(pile)).filter((cluster) => cluster !== undefined);
  return [...placed, ...largest.slice(k)];
}

/**
 * The pile of each document: a unit that is in several clusters goes to the one whose middle is nearest. Where what people said left
 * more than k clusters, −1 for what is in none of the largest k.
 */
function assign({ units, clusters }: GuidedWork, documents: number, k: number): Int32Array {
  const piles = new Int32Array(documents).fill(-1);
  units.members.forEach((rows, unit) => {
    const own = units.centroid([unit]);
    const holding = clusters.flatMap((cluster, pile) => (cluster.units.includes(unit) ? [pile] : []));
    const best = holding.reduce((a, b) =>
      cosine(own, clusters[b].centroid) > cosine(own, clusters[a].centroid) ? b : a,
    );
    for (const row of rows) piles[row] = best < k ? best : -1;
  });
  return piles;
}

/** As long as the budget lasts. */
async function titlesFor({ units, clusters }: GuidedWork, guide: Guide): Promise<(string | undefined)[]> {
  const titles: (string | undefined)[] = [];
  try {
    for (const cluster of clusters) titles.push(await guide.title(units.material(cluster.units)));
  } catch (error) {
    endingOf(error);
  }
  return titles;
}
