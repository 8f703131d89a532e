/**
 * Dimensions of tensors. A dimension is a number, or a product of a number and symbols whose values are known only
 * when the graph runs, written canonically: `B`, `4*B*T`, `(P+T)`. Equal dimensions have equal spellings.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

function factors(dim: Dim): { count: number; symbols: string[] } {
  if (typeof dim === 'number') return { count: dim, symbols: [] };
  const parts = dim.split('*');
  const count = Number(parts[0]);
  return Number.isNaN(count) ? { count: 1, symbols: parts } : { count, symbols: parts.slice(1) };
}

function spell(count: number, symbols: readonly string[]): Dim {
  if (symbols.length === 0 || count === 0) return count;
  const product = [...symbols].sort().join('*');
  return count === 1 ? product : `${count}*${product}`;
}

export function multiplyDims(...dims: readonly Dim[]): Dim {
  let count = 1;
  const symbols: string[] = [];
  for (const dim of dims) {
    const f = factors(dim);
    count *= f.count;
    symbols.push(...f.symbols);
  }
  return spell(count, symbols);
}

/** The sum of dimensions, as concatenation makes it; a sum of symbols becomes a symbol of its own. */
export function addDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? a + b : `(${a}+${b})`;
}

/** The parts of a dimension, for whoever must compute it at run time: a constant, symbols to multiply, sums inside them. */
export function dimFactors(dim: Dim): { count: number; symbols: readonly string[] } {
  return factors(dim);
}

/** The two terms of a symbol made by `addDims`, or undefined for a plain symbol. */
export function sumTerms(symbol: string): readonly [Dim, Dim] | undefined {
  if (!symbol.startsWith('(')) return undefined;
  const [a, b] = symbol
    .slice(1, -1)
    .split('+')
    .map((term) => (/^\d+$/.test(term) ? Number(term) : term));
  return [a, b];
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** The shape of an elementwise result (NumPy rules), or undefined where the shapes do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Dim[] | undefined {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    result.push(x === 1 ? y : x);
  }
  return result;
}

export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}
