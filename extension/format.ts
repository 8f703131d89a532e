/** Figures as people read them. */
import {
  formatConfidence,
  formatCount,
  formatDuration,
  formatMemory,
  formatNumber,
  formatPercent,
} from '../backend/base/format';

export { formatConfidence, formatCount, formatDuration, formatMemory, formatNumber };

/** How far something is, 43 %; never 100 % of what is not done. */
export function formatDone(done: number, total: number): string {
  return total > 0 ? `${Math.floor((100 * Math.min(done, total)) / total)} %` : '';
}

/** How sure a method is of a document's pile: 97 %, and never 100 %. */
export const formatSureness = (p: number): string => `${Math.min(99, Math.floor(100 * p))} %`;

/** A part of a whole, 46 % or <1 %. */
export const formatShare = (part: number, whole: number): string => (whole > 0 ? formatPercent(part / whole) : '');

/** A moment as the user's own clock and language have it. */
export function formatTime(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
