export type Clock = () => number;

/**
 * Seconds. With one thread those of the processor in this process, which other programs on a busy machine disturb little;
 * with more, elapsed ones: threads that wait for each other burn processor time too.
 */
export function createClock(threads: number): Clock {
  if (threads > 1) return () => performance.now() / 1000;
  return () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
}
