/**
 * Guided clustering as the proposal has it: every cluster in turn is shown to the guide with what is nearest outside it; what the guide
 * names joins it and stays where it is, too. Clusters that mostly hold the same (Jaccard index of their units above a threshold that
 * falls from round to round) are merged, until k are left.
 */
import { formatNumber } from '../../../base/format';
import { pause, type Watch } from '../../../base/progress';
import { type Cluster, clusterOf, named, nearest, unite, type GuidedWork } from './clusters';
import type { Guide } from './guide';
import type { GuidedSettings } from './guided-settings';

const [firstThreshold, lastThreshold, fall] = [0.5, 0.1, 0.8];

/** Ends with k clusters, or with more where the guide has no more to say. Throws what the guide throws. */
export async function growAndMerge(
  work: GuidedWork,
  guide: Guide,
  { k, candidates }: Pick<GuidedSettings, 'k' | 'candidates'>,
  watch: Watch,
): Promise<void> {
  const total = Math.max(0, work.clusters.length - k);
  const single = work.clusters;
  for (
    let threshold = firstThreshold;
    work.clusters.length > k;
    threshold = Math.max(lastThreshold, threshold * fall)
  ) {
    let grown = 0;
    for (const cluster of [...work.clusters]) {
      await pause(watch);
      const outside = single.filter(({ units: [unit] }) => !cluster.units.includes(unit));
      const near = nearest(work.units, cluster, outside, candidates);
      const found = near.length === 0 ? undefined : await named(work, guide, cluster, near);
      if (found !== undefined) {
        const larger = clusterOf(work.units, [...cluster.units, ...found.cluster.units]);
        work.clusters = work.clusters.map((other) => (other === cluster ? larger : other));
        grown++;
      }
      const { queries } = guide.figures;
      const done = Math.max(0, total + k - work.clusters.length);
      watch.report({ stage: 'Asking the guide', done, total, unit: 'unions', note: formatNumber(queries, 'question') });
    }
    const merged = mergeOverlaps(work, threshold, k);
    if (grown === 0 && merged === 0 && threshold === lastThreshold) return;
  }
}

/** Merges the pair that overlaps most, again and again, down to the threshold. Returns how many. */
function mergeOverlaps(work: GuidedWork, threshold: number, k: number): number {
  for (let merged = 0; ; merged++) {
    if (work.clusters.length <= k) return merged;
    let best: { a: Cluster; b: Cluster; overlap: number } | undefined;
    for (const [i, a] of work.clusters.entries()) {
      for (const b of work.clusters.slice(i + 1)) {
        const overlap = jaccard(a.units, b.units);
        const isBetter = overlap >= threshold && overlap > (best?.overlap ?? 0);
        if (isBetter && work.units.mayMeet(a.units, b.units)) best = { a, b, overlap };
      }
    }
    if (best === undefined) return merged;
    unite(work, best.a, best.b, { by: 'overlap' });
  }
}

function jaccard(a: readonly number[], b: readonly number[]): number {
  const inA = new Set(a);
  const both = b.filter((unit) => inA.has(unit)).length;
  return both / (a.length + b.length - both);
}
