import { appendFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { State } from '../base/checkpoint';
import { exists } from '../base/files';
import type { Progress } from '../base/progress';
import { type Metric, metric } from '../protocol/run';

// A curve needs no more points than this: one per so many milliseconds. The first of a stage is none too many.
const spacing = 250;

/**
 * The curves of a run, one JSON object a line. A run that goes on cuts off the points that it makes again, so that the curves
 * have neither gaps nor points twice.
 */
export class MetricsWriter {
  private latest = -Infinity;
  private stage = '';
  private readonly started = performance.now();
  private sequence = 0;

  private constructor(
    private readonly path: string,
    /** Points of earlier attempts, until the first new one tells which of them stay. */
    private before: readonly Metric[] | undefined,
    private readonly secondsBefore: number,
  ) {}

  /** `note` is what `place` gave when the checkpoint in force was written. */
  static async open(path: string, note: State | undefined): Promise<MetricsWriter> {
    const all = await readMetrics(path, 0, Infinity);
    if (note === undefined) return new MetricsWriter(path, all, 0);
    const { sequence, seconds } = note as unknown as Place;
    const writer = new MetricsWriter(path, undefined, seconds);
    writer.rewrite(all.slice(0, sequence));
    return writer;
  }

  place(): Place & State {
    return { sequence: this.sequence, seconds: this.seconds };
  }

  add({ stage, done, values }: Progress): void {
    const now = performance.now();
    if (values === undefined || (stage === this.stage && now - this.latest < spacing)) return;
    this.latest = now;
    this.stage = stage;
    const step = Math.round(done);
    if (this.before !== undefined) this.rewrite(this.before.slice(0, resumedAt(this.before, stage, step)));
    this.before = undefined;
    const point: Metric = { sequence: ++this.sequence, seconds: this.seconds, stage, step, values: { ...values } };
    appendFileSync(this.path, `${JSON.stringify(point)}\n`);
  }

  private rewrite(points: readonly Metric[]): void {
    writeFileSync(this.path, points.map((point) => `${JSON.stringify(point)}\n`).join(''));
    this.sequence = points.length;
  }

  private get seconds(): number {
    return this.secondsBefore + (performance.now() - this.started) / 1000;
  }
}

interface Place {
  readonly sequence: number;
  readonly seconds: number;
}

/** How many of the old points lie before a step that is made again. */
function resumedAt(points: readonly Metric[], stage: string, step: number): number {
  const last = points.findLastIndex((point) => point.stage === stage && point.step < step);
  if (last >= 0) return last + 1;
  const first = points.findIndex((point) => point.stage === stage);
  return first >= 0 ? first : points.length;
}

/** The points after number `after`, at most `limit`; a last line that is not whole yet is left for the next call. */
export async function readMetrics(path: string, after: number, limit: number): Promise<Metric[]> {
  if (!(await exists(path))) return [];
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  const points: Metric[] = [];
  for (const line of lines) {
    const point = metric.safeParse(parsed(line));
    if (point.success && point.data.sequence > after) points.push(point.data);
    if (points.length === limit) break;
  }
  return points;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
