import type Mocha from 'mocha';

/** How some tests ended. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Title and message of each that failed: told once more at the very end, where they are found. */
  readonly failures: readonly string[];
}

export function runTests(mocha: Mocha): Promise<Outcome> {
  const failures: string[] = [];
  return new Promise((resolve) => {
    const runner = mocha.run((failed) => resolve({ passed: runner.stats?.passes ?? 0, failed, failures }));
    runner.on('fail', (test, error: unknown) => {
      failures.push(`${test.fullTitle()}: ${error instanceof Error ? error.message : String(error)}`);
    });
  });
}
