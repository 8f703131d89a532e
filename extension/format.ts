/** Figures as people read them. */
const group = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 12,345. */
export const formatCount = (value: number): string => group.format(value);

/** 43 %; never 100 % of what is not done. */
export function formatShare(done: number, total: number): string {
  return total > 0 ? `${Math.floor((100 * Math.min(done, total)) / total)} %` : '';
}

/** 0.4 s, 12 s, 3 min 07 s, 2 h 05 min. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** 850 MiB, 1.3 GiB. */
export function formatMemory(mebibytes: number): string {
  return mebibytes < 1000 ? `${Math.round(mebibytes)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

/** A moment as the user's own clock and language have it. */
export function formatTime(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** "1 run", "3 runs". */
export function formatNumber(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
