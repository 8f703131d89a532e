import { qualityOf } from '../../split/describe/quality';

/** How far two splits agree, from the documents by their piles in both: `counts[pile of one][pile of the other]`. */
export function agreementOf(counts: readonly (readonly number[])[]): { readonly nmi: number; readonly ari: number } {
  const labels = (counts[0] ?? []).map((_, pile) => String(pile));
  const { nmi, ari } = qualityOf({ labels, counts });
  return { nmi, ari };
}
