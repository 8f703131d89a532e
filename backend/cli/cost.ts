import { formatCount, formatDuration, toldOfEstimate } from '../base/format';
import type { RunCost } from '../protocol/run';

export function describeCost({ tokens, seconds, memory }: RunCost): string {
  return `${formatCount(tokens)} tokens, ${formatDuration(seconds)}, ${Math.round(memory)} MiB of memory`;
}

/** "about 30,000 tokens, 12 s, 400 MiB of memory (corrected by what 3 runs here took)". */
export function describeEstimate(cost: RunCost): string {
  const { about, corrected } = toldOfEstimate(cost);
  return `${about} ${describeCost(cost)}${corrected === undefined ? '' : ` (${corrected})`}`;
}
