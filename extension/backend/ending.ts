/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of its standard error. */
  readonly tail: string;
}

/** "was killed by SIGKILL", "ended with code 1". */
export function describeEnding({ code, signal }: Ending): string {
  return signal === null ? `ended with code ${code}` : `was killed by ${signal}`;
}
