import { formatCount, formatDuration } from '../base/format';
import type { RunCost } from '../protocol/run';

export function describeCost({ tokens, seconds, memory }: RunCost): string {
  return `${formatCount(tokens)} tokens, ${formatDuration(seconds)}, ${Math.round(memory)} MiB of memory`;
}
