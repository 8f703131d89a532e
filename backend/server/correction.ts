/** Estimates are corrected by what earlier runs took beside what was said of them. */
import type { RunCost, RunRecord, RunSpec } from '../protocol/run';

/** Runs that are looked at, the newest first, and how many there must be: one may have met a machine that was busy otherwise. */
const [fewest, most] = [2, 5];
// What is further off was another kind of work.
const furthest = 4;

/** What a run is told, and where it computes. */
export type Planned = Pick<RunRecord, 'spec' | 'device' | 'machine'>;

/**
 * An estimate of a short probe, times the median of what runs of the same kind (and method) took on the same machine and device over what
 * the probe had said of them. Tokens are counted and stay. `records`: the newest first.
 */
export function corrected(cost: RunCost, planned: Planned, records: readonly RunRecord[]): RunCost {
  const factors = records
    .filter((record) => isLike(record, planned))
    .flatMap(factorsOf)
    .slice(0, most);
  if (factors.length < fewest) return cost;
  const seconds = medianOf(factors.map((factor) => factor.seconds));
  const memory = medianOf(factors.map((factor) => factor.memory));
  const correction = { runs: factors.length, seconds, memory };
  return { ...cost, seconds: cost.seconds * seconds, memory: cost.memory * memory, correction };
}

/** Undisturbed, and of the same work. */
function isLike({ state, attempt, spec, device, machine }: RunRecord, planned: Planned): boolean {
  const place = (of: Planned['device']): string => `${of?.name} ${of?.products}`;
  const same = workOf(spec) === workOf(planned.spec) && place(device) === place(planned.device);
  return same && machine !== undefined && machine === planned.machine && state === 'done' && attempt === 1;
}

const workOf = ({ kind, method }: RunSpec): string => JSON.stringify([kind, method]);

/** None where there is nothing to compare, or part of the work was found done. */
function factorsOf({ estimate, actual }: RunRecord): { readonly seconds: number; readonly memory: number }[] {
  if (estimate === undefined || actual === undefined) return [];
  const { correction } = estimate;
  const seconds = (actual.seconds / estimate.seconds) * (correction?.seconds ?? 1);
  const memory = (actual.memory / estimate.memory) * (correction?.memory ?? 1);
  const tokens = estimate.tokens === actual.tokens ? 1 : actual.tokens / estimate.tokens;
  return tokens >= 1 / 2 && tokens <= 2 ? [{ seconds, memory }] : [];
}

/** Of ratios, within bounds: of two in the middle their geometric mean. */
function medianOf(ratios: readonly number[]): number {
  const sorted = ratios.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const ratio = Math.sqrt(sorted[Math.floor(middle)] * sorted[Math.ceil(middle)]);
  return Math.min(furthest, Math.max(1 / furthest, ratio));
}
