/** The piles that an expert can learn from. */
export interface LivingPiles {
  /** Their numbers, rising: expert e is of `piles[e]`. */
  readonly piles: readonly number[];
  /** The expert of each document [N]; −1 where its pile has none. */
  readonly experts: Int32Array;
}

/** `texts` are the token sequences of the documents, begin tokens first: a pile lives where one of them has a token more. */
export function livingPiles(assignments: Int32Array, k: number, texts: readonly Int32Array[]): LivingPiles {
  const living = new Set(assignments.filter((_, document) => texts[document].length > 1));
  const piles = Array.from({ length: k }, (_, pile) => pile).filter((pile) => living.has(pile));
  const expertOf = new Map(piles.map((pile, expert) => [pile, expert]));
  return { piles, experts: assignments.map((pile) => expertOf.get(pile) ?? -1) };
}
