/** What JSON of a foreign file may hold; looked for in its bytes before anything is built from them. */
export interface JsonLimits {
  /** Objects and arrays inside each other. */
  readonly depth: number;
  /** Keys of all objects together. */
  readonly keys: number;
  /** Items of one array. */
  readonly items: number;
}

const [quote, backslash, comma, colon, space] = Buffer.from('"\\,: ');
const [openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('{}[]');

/**
 * Why this JSON is not taken, undefined where it may be parsed: limits that it breaks, and keys that stand twice in one
 * object. JSON.parse keeps the last of those without a word, so two readers could see two different files.
 */
export function faultInJson(bytes: Buffer, limits: JsonLimits): string | undefined {
  // For every object and array that is open: the keys so far, or the number of commas.
  const open: (Set<string> | number)[] = [];
  let keys = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    const inside = open.at(-1);
    if (byte === quote) {
      const end = endOfString(bytes, i);
      if (inside instanceof Set && nextAfter(bytes, end) === colon) {
        const key = stringAt(bytes, i, end);
        if (key === undefined) return 'is not JSON';
        if (inside.has(key)) return `names ${JSON.stringify(key)} twice`;
        inside.add(key);
        if (++keys > limits.keys) return `has more than ${limits.keys} keys`;
      }
      i = end - 1;
    } else if (byte === openBrace || byte === openBracket) {
      open.push(byte === openBrace ? new Set() : 1);
      if (open.length > limits.depth) return `is nested more than ${limits.depth} deep`;
    } else if (byte === closeBrace || byte === closeBracket) {
      open.pop();
    } else if (byte === comma && typeof inside === 'number') {
      if (inside === limits.items) return `has a list of more than ${limits.items} items`;
      open[open.length - 1] = inside + 1;
    }
  }
  return undefined;
}

/** Where the string that begins at `start` is over: the place after its closing quote, or the end of the bytes. */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(quote, start + 1); at !== -1; at = bytes.indexOf(quote, at + 1)) {
    let first = at;
    while (bytes[first - 1] === backslash) first--;
    if ((at - first) % 2 === 0) return at + 1;
  }
  return bytes.length;
}

function nextAfter(bytes: Buffer, at: number): number | undefined {
  let next = at;
  while (bytes[next] <= space) next++;
  return bytes[next];
}

/** The string between these places, quotes included; undefined where it is none. */
function stringAt(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString('utf8', start, end);
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}
