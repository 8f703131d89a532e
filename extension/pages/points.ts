import type { Metric } from '../../backend/protocol/run';
import type { BackendClient } from '../backend/client';

/** Points that are read at once. */
const pageSize = 10_000;

/** How many of the points that were told stay, and what follows them. */
export interface News {
  readonly keep: number;
  readonly points: readonly Metric[];
}

/**
 * Reads the points of a run as they come. A run that was interrupted goes on from its checkpoint and makes its latest points anew: so
 * the latest point that is known is read again with what follows, and where it is another one, all are read anew.
 */
export class PointsReader {
  private latest: Metric | undefined;

  constructor(
    private readonly client: Pick<BackendClient, 'call'>,
    private readonly run: string,
  ) {}

  async *news(): AsyncGenerator<News> {
    for (;;) {
      const { latest } = this;
      const after = latest === undefined ? 0 : latest.sequence - 1;
      const points = await this.client.call('runs/metrics', { run: this.run, after, limit: pageSize });
      if (latest !== undefined && !isSame(points[0], latest)) {
        this.latest = undefined;
        yield { keep: 0, points: [] };
        continue;
      }
      const fresh = latest === undefined ? points : points.slice(1);
      this.latest = fresh.at(-1) ?? latest;
      if (fresh.length > 0) yield { keep: latest?.sequence ?? 0, points: fresh };
      if (points.length < pageSize) return;
    }
  }
}

const isSame = (point: Metric | undefined, other: Metric): boolean =>
  point?.sequence === other.sequence && point.seconds === other.seconds;
