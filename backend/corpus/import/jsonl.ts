import type { SourceLine } from './lines';
import type { ReadRecord } from './record';

/** One JSON object per line. Blank lines are passed over. */
export async function* readJsonl(lines: AsyncIterable<SourceLine>): AsyncGenerator<ReadRecord> {
  for await (const line of lines) {
    if ('reason' in line) yield { line: line.number, reason: line.reason };
    else if (line.text.trim() !== '') yield parseLine(line.number, line.text);
  }
}

function parseLine(line: number, text: string): ReadRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // V8 quotes what it stumbles over, which may be long.
    const message = error instanceof Error ? error.message : String(error);
    return { line, reason: `not valid JSON: ${message.slice(0, 200)}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { line, reason: 'not a JSON object' };
  return { line, fields: value as Record<string, unknown> };
}
