/** Agreement of a split with gold labels; every figure but `ari` lies in [0, 1], and 1 is best. */
export interface Quality {
  /** Mutual information over the arithmetic mean of the entropies. Equal to `vMeasure`; both names are in use. */
  readonly nmi: number;
  /** Rand index corrected for chance (Hubert and Arabie 1985): 0 for random piles, 1 for equal ones, at least −0.5. */
  readonly ari: number;
  /** Share of documents whose label is the commonest of their pile. */
  readonly purity: number;
  /** Share of documents whose pile is the commonest of their label. */
  readonly inversePurity: number;
  readonly harmonicPurity: number;
  /** 1 when each pile holds one label only (Rosenberg and Hirschberg 2007). */
  readonly homogeneity: number;
  /** 1 when each label lies in one pile only. */
  readonly completeness: number;
  readonly vMeasure: number;
}

/** How evenly documents are spread over k piles. */
export interface Balance {
  /** Documents of each pile, `[k]`. */
  readonly sizes: readonly number[];
  /** Entropy of the shares over ln k: 1 when all piles are equal, 0 when one holds everything. */
  readonly entropy: number;
  /** Largest over smallest share; Infinity when a pile is dead. */
  readonly maxOverMin: number;
  /** Piles without documents. */
  readonly dead: number;
}

/** Documents by pile and label: `counts[pile][label]`. */
export interface Contingency {
  readonly labels: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** `assignments` and `gold` say the pile (0 … k−1) and the label of each document; labels come out in code unit order. */
export function contingency(assignments: Int32Array, gold: readonly string[], k: number): Contingency {
  if (assignments.length !== gold.length) {
    throw new RangeError(`${assignments.length} assignments but ${gold.length} labels.`);
  }
  const labels = [...new Set(gold)].sort();
  const column = new Map(labels.map((label, i) => [label, i]));
  const counts = Array.from({ length: k }, () => new Array<number>(labels.length).fill(0));
  gold.forEach((label, i) => counts[assignments[i]][column.get(label) ?? 0]++);
  return { labels, counts };
}

/** The agreement figures of a contingency table. */
export function qualityOf({ counts }: Contingency): Quality {
  const cells = counts.flat();
  const byPile = counts.map(sum);
  const byLabel = columns(counts).map(sum);
  const n = sum(byPile);

  const [pileEntropy, labelEntropy] = [entropyOf(byPile), entropyOf(byLabel)];
  const shared = Math.max(0, pileEntropy + labelEntropy - entropyOf(cells));
  // Without entropy there is nothing to tell apart: by convention perfect.
  const share = (entropy: number): number => (entropy > 0 ? Math.min(1, shared / entropy) : 1);
  const nmi = share((pileEntropy + labelEntropy) / 2);

  const [purity, inversePurity] = [sum(counts.map(max)) / n, sum(columns(counts).map(max)) / n];
  return {
    nmi,
    ari: adjustedRand(cells, byPile, byLabel, n),
    purity,
    inversePurity,
    harmonicPurity: (2 * purity * inversePurity) / (purity + inversePurity),
    homogeneity: share(labelEntropy),
    completeness: share(pileEntropy),
    vMeasure: nmi,
  };
}

/** How evenly the assignments (0 … k−1) are spread. */
export function balanceOf(assignments: Int32Array, k: number): Balance {
  const sizes = new Array<number>(k).fill(0);
  for (const pile of assignments) sizes[pile]++;
  return {
    sizes,
    entropy: k > 1 ? entropyOf(sizes) / Math.log(k) : 1,
    maxOverMin: max(sizes) / Math.min(...sizes),
    dead: sizes.filter((size) => size === 0).length,
  };
}

function adjustedRand(
  cells: readonly number[],
  byPile: readonly number[],
  byLabel: readonly number[],
  n: number,
): number {
  const pairs = (count: number): number => (count * (count - 1)) / 2;
  const together = sum(cells.map(pairs));
  const [inPile, inLabel] = [sum(byPile.map(pairs)), sum(byLabel.map(pairs))];
  const expected = n > 1 ? (inPile * inLabel) / pairs(n) : 0;
  const best = (inPile + inLabel) / 2;
  return best === expected ? 1 : (together - expected) / (best - expected);
}

/** Entropy in nats of the shares that the counts make. */
function entropyOf(counts: readonly number[]): number {
  const n = sum(counts);
  return sum(counts.map((count) => (count > 0 ? -(count / n) * Math.log(count / n) : 0)));
}

function columns(rows: readonly (readonly number[])[]): number[][] {
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column]));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function max(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
