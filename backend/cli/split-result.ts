/** What a split gave, for people and for other programs. */
import { printable } from '../base/printable';
import { expertLetter } from '../base/letter';
import type { Clustering } from '../protocol/records';
import type { Context } from './context';
import { renderTable } from './tables';

/** What other programs read of a split. */
export function splitAsJson(clustering: Clustering): object {
  const { id, dataset, method, k, seed, seconds, piles, documents, rounds, outliers, settings, quality } = clustering;
  const sizes = piles.map(({ size }) => size);
  const shares = sizes.map((size) => size / documents);
  return { id, dataset, method, k, seed, seconds, sizes, shares, ...quality, piles, rounds, outliers, settings };
}

/** What people read of a split. */
export function showSplit(
  { piles, documents, quality, outliers, seconds, settings }: Clustering,
  { out }: Context,
): void {
  const columns = [
    { title: 'Pile', align: 'left' as const },
    { title: 'Documents' },
    { title: 'Share' },
    { title: 'Characteristic words', align: 'left' as const },
  ];
  const rows = piles.map(({ pile, size, terms }) => ({
    cells: [
      expertLetter(pile),
      String(size),
      `${((100 * size) / documents).toFixed(1)} %`,
      terms.slice(0, 6).join(', '),
    ],
  }));
  out.write(renderTable(columns, rows, out));
  const { nmi, ari, purity } = quality;
  if (typeof nmi === 'number' && typeof ari === 'number' && typeof purity === 'number') {
    const figures = `NMI ${nmi.toFixed(3)}, ARI ${ari.toFixed(3)}, purity ${purity.toFixed(3)}`;
    out.write(`\nAgainst the gold domains: ${figures}\n`);
  }
  out.write(worthText(quality));
  out.write(guidanceText(settings));
  if (outliers > 0) out.write(`${outliers} documents fit no pile well.\n`);
  out.write(`${seconds.toFixed(1)} s. Next: polymath train\n`);
}

/** What quick experts make of held-out documents; empty where none were trained. */
function worthText({ perplexity, randomPerplexity }: Clustering['quality']): string {
  if (typeof perplexity !== 'number' || typeof randomPerplexity !== 'number') return '';
  const figures = `${perplexity.toFixed(1)}; of random piles ${randomPerplexity.toFixed(1)}`;
  return `Perplexity of held-out documents under quick experts of these piles: ${figures}.\n`;
}

/** What a guide did; empty where none was asked. */
function guidanceText({
  guide,
  queries,
  unions,
  byNearness,
  malformed,
  silent,
  ended,
}: Clustering['settings']): string {
  if (typeof guide !== 'string') return '';
  const own = Number(unions) - Number(byNearness);
  const endings: Readonly<Record<string, string>> = {
    budget: ' Its budget was spent.',
    gone: ' It stopped answering.',
    undecided: ' It had no more to say.',
  };
  const trouble = [
    Number(malformed) > 0 ? ` ${String(malformed)} answers could not be used.` : '',
    Number(silent) > 0 ? ` ${String(silent)} questions got none.` : '',
    endings[String(ended)] ?? '',
  ].join('');
  return `\nGuide: ${printable(guide)}, ${String(queries)} questions; ${own} unions by it, ${String(byNearness)} by nearness.${trouble}\n`;
}
