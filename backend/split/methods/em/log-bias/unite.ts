/** Many small piles become k: those two are united, again and again, whose union costs least likelihood. */
import type { Corpus } from './experts';
import type { Predictions } from './predictions';

/** A union of piles: weighted counts of its tokens, and what the base model expects of them [V]. */
interface Union {
  readonly piles: readonly number[];
  readonly counts: Float64Array;
  readonly expected: Float64Array;
  /** Nats that a bias of its own gains on its documents. */
  readonly gain: number;
}

/** What every pile is taken to have seen beside its own documents. */
interface Prior {
  readonly corpus: Corpus;
  readonly pseudoTokens: number;
}

/** Agglomeration by the loss of likelihood, as the information bottleneck has it (Slonim and Tishby 1999): of each of K piles the one of k that it goes to. */
export function unitePiles(
  { documents, spread }: Predictions,
  assignments: Int32Array,
  { K, k, ...prior }: Prior & { readonly K: number; readonly k: number },
): Int32Array {
  const V = spread.length;
  const counts = Array.from({ length: K }, () => new Float64Array(V));
  const expected = Array.from({ length: K }, () => new Float64Array(V));
  const restOf = new Float64Array(K);
  documents.forEach(({ tokens, weights, starts, ids, probabilities, rests }, d) => {
    const [own, foreseen] = [counts[assignments[d]], expected[assignments[d]]];
    for (let t = 0; t < tokens.length; t++) {
      own[tokens[t]] += weights[t];
      restOf[assignments[d]] += weights[t] * rests[t];
      for (let j = starts[t]; j < starts[t + 1]; j++) foreseen[ids[j]] += weights[t] * probabilities[j];
    }
  });
  expected.forEach((foreseen, pile) => spread.forEach((share, v) => (foreseen[v] += restOf[pile] * share)));
  let unions = counts.map((own, pile) => unionOf([pile], own, expected[pile], prior));
  // Of each pair what its union would be; pairs that stay are not computed again.
  const known = new Map<Union, Map<Union, Union>>();
  const together = (a: Union, b: Union): Union => {
    const of = known.get(a) ?? new Map<Union, Union>();
    known.set(a, of);
    const union = of.get(b) ?? unite(a, b, prior);
    of.set(b, union);
    return union;
  };
  while (unions.length > k) {
    let best: { readonly a: Union; readonly b: Union; readonly union: Union; readonly loss: number } | undefined;
    for (const [i, a] of unions.entries()) {
      for (const b of unions.slice(i + 1)) {
        const union = together(a, b);
        const loss = a.gain + b.gain - union.gain;
        if (best === undefined || loss < best.loss) best = { a, b, union, loss };
      }
    }
    if (best === undefined) break;
    const { a, b, union } = best;
    unions = [...unions.filter((other) => other !== a && other !== b), union];
  }
  const result = new Int32Array(K);
  unions.forEach(({ piles }, to) => piles.forEach((pile) => (result[pile] = to)));
  return result;
}

const unite = (a: Union, b: Union, prior: Prior): Union =>
  unionOf(
    [...a.piles, ...b.piles],
    a.counts.map((count, v) => count + b.counts[v]),
    a.expected.map((count, v) => count + b.expected[v]),
    prior,
  );

/** Without what the corpus as a whole has of it, a bias that all piles share would be paid for by each. */
function unionOf(
  piles: readonly number[],
  counts: Float64Array,
  expected: Float64Array,
  { corpus: { shares, foreseen }, pseudoTokens }: Prior,
): Union {
  let gain = 0;
  for (let v = 0; v < counts.length; v++) {
    const bias = (counts[v] + pseudoTokens * shares[v]) / (expected[v] + pseudoTokens * foreseen[v]);
    gain += counts[v] * Math.log(bias);
  }
  return { piles, counts, expected, gain };
}
