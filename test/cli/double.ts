import type { ColorDepth, Terminal } from '../../backend/cli/terminal';

/** A terminal that remembers what was written. */
export interface Screen extends Terminal {
  columns: number;
  /** Everything written so far, in order. */
  readonly written: string[];
  text(): string;
}

export function createScreen(
  settings: { interactive?: boolean; colorDepth?: ColorDepth; columns?: number } = {},
): Screen {
  const written: string[] = [];
  return {
    interactive: settings.interactive ?? false,
    colorDepth: settings.colorDepth ?? 1,
    columns: settings.columns ?? 80,
    written,
    write: (text) => void written.push(text),
    text: () => written.join(''),
  };
}
