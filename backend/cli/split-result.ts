/** What a split gave, for people and for other programs. */
import { formatNumber } from '../base/format';
import { printable } from '../base/printable';
import { expertLetter } from '../base/letter';
import type { SplitRecord } from '../protocol/records';
import { methodData, toldOfEmptyPiles } from '../split/methods/method';
import type { CommandContext } from './context';
import { renderTable } from './tables';

/** What other programs read of a split. */
export function splitAsJson(clustering: SplitRecord): object {
  const { id, dataset, method, k, seed, seconds, piles, documents, rounds, outliers, settings, quality } = clustering;
  const sizes = piles.map(({ size }) => size);
  const shares = sizes.map((size) => size / documents);
  return { id, dataset, method, k, seed, seconds, sizes, shares, ...quality, piles, rounds, outliers, settings };
}

/** What people read of a split. */
export function showSplit(
  { method, piles, documents, quality, outliers, seconds, settings }: SplitRecord,
  { out, methods }: CommandContext,
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
  const own = methodData(methods, method)?.describe?.(settings) ?? [];
  out.write(own.map((sentence) => `${printable(sentence)}\n`).join(''));
  const empty = toldOfEmptyPiles(piles);
  if (empty !== undefined) out.write(`${empty}\n`);
  if (outliers > 0) out.write(`${formatNumber(outliers, 'document fits', 'documents fit')} no pile well.\n`);
  out.write(`${seconds.toFixed(1)} s. Next: polymath train\n`);
}

/** What quick experts make of held-out documents; empty where none were trained. */
function worthText({ perplexity, randomPerplexity }: SplitRecord['quality']): string {
  if (typeof perplexity !== 'number' || typeof randomPerplexity !== 'number') return '';
  const figures = `${perplexity.toFixed(1)}; of random piles ${randomPerplexity.toFixed(1)}`;
  return `Perplexity of held-out documents under quick experts of these piles: ${figures}.\n`;
}
