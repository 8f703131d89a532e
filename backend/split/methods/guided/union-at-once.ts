/**
 * Guided clustering by unions: the smallest cluster in turn is shown to the guide with the nearest others; the one that it names, and
 * names again when asked the other way about, is united with it at once. N clusters become k by N − k unions.
 */
import { formatNumber } from '../../../base/format';
import { pause, type Watch } from '../../../base/progress';
import { type Cluster, named, nearest, unite, type GuidedWork } from './clusters';
import type { Guide } from './guide';
import type { GuidedSettings } from './guided-settings';

/** Ends with k clusters, or with more where the guide has no more to say. Throws what the guide throws. */
export async function unionAtOnce(
  work: GuidedWork,
  guide: Guide,
  { k, candidates }: Pick<GuidedSettings, 'k' | 'candidates'>,
  watch: Watch,
): Promise<void> {
  const total = Math.max(0, work.clusters.length - k);
  /** Asked about, and found to belong to none of those that there were. */
  const settled = new Set<Cluster>();
  for (let united = 0; work.clusters.length > k;) {
    await pause(watch);
    const open = work.clusters.filter((cluster) => !settled.has(cluster));
    if (open.length === 0) {
      // What has grown meanwhile may be recognised now.
      if (united === 0) return;
      settled.clear();
      united = 0;
      continue;
    }
    const subject = open.reduce((least, next) => (next.documents < least.documents ? next : least));
    const near = nearest(work.units, subject, work.clusters, candidates);
    if (near.length > 0 && (await joins(work, guide, subject, near))) united++;
    else settled.add(subject);
    const { queries } = guide.figures;
    const done = work.unions.length;
    watch.report({ stage: 'Asking the guide', done, total, unit: 'unions', note: formatNumber(queries, 'question') });
  }
}

/** Unites a cluster with the one that the guide names twice. */
async function joins(work: GuidedWork, guide: Guide, subject: Cluster, near: readonly Cluster[]): Promise<boolean> {
  const found = await named(work, guide, subject, near);
  if (found === undefined) return false;
  unite(work, subject, found.cluster, { by: 'guide', verdict: found.verdict });
  return true;
}
