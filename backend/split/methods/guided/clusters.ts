import type { Union } from '../../result';
import type { Guide, GuideVerdict } from './guide';
import { cosine, type Units } from './units';

/** A cluster as it grows: its units in rising order. */
export interface Cluster {
  readonly units: readonly number[];
  readonly documents: number;
  readonly centroid: Float64Array;
}

/** What a form of guided clustering works on; it stays valid whenever the guide gives up. */
export interface GuidedWork {
  readonly units: Units;
  clusters: readonly Cluster[];
  readonly unions: Union[];
}

export function beginWork(units: Units): GuidedWork {
  return { units, clusters: Array.from({ length: units.count }, (_, unit) => clusterOf(units, [unit])), unions: [] };
}

export function clusterOf(units: Units, of: Iterable<number>): Cluster {
  const sorted = [...new Set(of)].sort((a, b) => a - b);
  return { units: sorted, documents: units.documents(sorted).length, centroid: units.centroid(sorted) };
}

/** Makes one cluster of two, and remembers why. */
export function unite(work: GuidedWork, a: Cluster, b: Cluster, why: Pick<Union, 'by' | 'verdict'>): void {
  const { units, unions } = work;
  unions.push({ a: units.documents(a.units), b: units.documents(b.units), ...why });
  const united = clusterOf(units, [...a.units, ...b.units]);
  work.clusters = [...work.clusters.filter((cluster) => cluster !== a && cluster !== b), united];
}

/** Those of the clusters that may join one, the nearest first. */
export function nearest(units: Units, to: Cluster, among: readonly Cluster[], count: number): Cluster[] {
  return among
    .filter((other) => other !== to && units.mayMeet(to.units, other.units))
    .map((other) => ({ other, similarity: cosine(to.centroid, other.centroid) }))
    .sort((x, y) => y.similarity - x.similarity)
    .slice(0, count)
    .map(({ other }) => other);
}

/** The cluster that the guide names among some, and names again beside the one that is most unlike; undefined where it does not. */
export async function named(
  { units, clusters }: GuidedWork,
  guide: Guide,
  subject: Cluster,
  near: readonly Cluster[],
): Promise<{ cluster: Cluster; verdict: GuideVerdict } | undefined> {
  const shown = near.map((other) => units.material(other.units));
  const material = units.material(subject.units);
  const verdict = await guide.choose(material, shown);
  const { candidate } = verdict;
  if (candidate === 'none') return undefined;
  const far = clusters
    .filter((other) => other !== subject && other !== near[candidate])
    .reduce<Cluster | undefined>(
      (least, next) =>
        least === undefined || cosine(subject.centroid, next.centroid) < cosine(subject.centroid, least.centroid)
          ? next
          : least,
      undefined,
    );
  const contrast = far === undefined ? undefined : units.material(far.units);
  const wasFirst = 2 * candidate < near.length;
  const confirmed = await guide.confirm(material, { chosen: shown[candidate], contrast, wasFirst });
  return confirmed ? { cluster: near[candidate], verdict } : undefined;
}

/**
 * Joins what is left by nearness until k clusters remain: each time the two whose union adds least to the spread (Ward 1963). Fewer
 * joins where what people said keeps the rest apart.
 */
export function joinByNearness(work: GuidedWork, k: number): void {
  while (work.clusters.length > k) {
    let best: { a: Cluster; b: Cluster; cost: number } | undefined;
    const { clusters } = work;
    for (const [i, a] of clusters.entries()) {
      for (const b of clusters.slice(i + 1)) {
        const cost = wardCost(a, b);
        if ((best === undefined || cost < best.cost) && work.units.mayMeet(a.units, b.units)) best = { a, b, cost };
      }
    }
    if (best === undefined) return;
    unite(work, best.a, best.b, { by: 'nearness' });
  }
}

function wardCost(a: Cluster, b: Cluster): number {
  const distance = a.centroid.reduce((sum, value, i) => sum + (value - b.centroid[i]) ** 2, 0);
  return ((a.documents * b.documents) / (a.documents + b.documents)) * distance;
}
