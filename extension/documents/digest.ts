import { expertLetter } from '../../backend/base/letter';
import type { SplitRecord, PileDomains, PileRow } from '../../backend/protocol/records';
import type { BackendClient } from '../backend/client';
import { formatConfidence, formatCount, formatNumber } from '../format';
import { bars, entry, plain, sections } from './report-text';

/** Documents that are quoted from each end of the pile, and outliers. */
const quoted = 5;

/** What a pile is like, as a page: its figures, its words, and documents that speak for it. */
export async function digestOf(client: BackendClient, clustering: SplitRecord, pile: number): Promise<string> {
  const listed = { clustering: clustering.id, pile, order: 'confidence' as const, limit: quoted };
  const surest = await client.call('piles/documents', listed);
  const offset = Math.max(surest.items.length, surest.total - quoted);
  const [leastSure, outliers, domains] = await Promise.all([
    client.call('piles/documents', { ...listed, offset }),
    client.call('piles/documents', { ...listed, outliers: true }),
    client.call('piles/domains', { clustering: clustering.id }),
  ]);
  const found = { surest: surest.items, leastSure: leastSure.items.reverse(), outliers: outliers.items };
  return digestText(clustering, pile, {
    ...found,
    outlierCount: outliers.total,
    domains: domains.at(pile)?.domains ?? [],
  });
}

interface Found {
  readonly surest: readonly PileRow[];
  readonly leastSure: readonly PileRow[];
  readonly outliers: readonly PileRow[];
  readonly outlierCount: number;
  readonly domains: PileDomains['domains'];
}

function digestText({ name: split, documents, piles }: SplitRecord, pile: number, found: Found): string {
  const { name, size, terms } = piles[pile];
  const known = found.domains.reduce((sum, domain) => sum + domain.documents, 0);
  const purity =
    known === 0
      ? ''
      : `\nPurity: ${percent((found.domains.at(0)?.documents ?? 0) / known)} are of its largest gold domain.`;
  const share = `${formatNumber(size, 'document')}, ${percent(size / Math.max(1, documents))} of the ${formatCount(documents)} that were split.`;
  return sections(`Pile ${expertLetter(pile)}: ${plain(name)}`, [
    ['Figures', `${share}${purity}\nOutliers: ${formatCount(found.outlierCount)}.\nSplit: ${plain(split)}.`],
    ['Words that mark it', terms.map(plain).join(', ')],
    ['Gold domains', known === 0 ? '' : bars(found.domains.slice(0, 20).map((domain) => domainBar(domain, known)))],
    ['Surest documents', found.surest.map(quote).join('\n')],
    ['Least sure documents', found.leastSure.map(quote).join('\n')],
    ['Outliers', found.outliers.map(quote).join('\n')],
  ]);
}

const domainBar = ({ name, documents }: PileDomains['domains'][number], known: number): [string, number, string] => [
  plain(name).slice(0, 28),
  documents / known,
  `${percent(documents / known)}, ${formatCount(documents)}`,
];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function quote(row: PileRow): string {
  const certainty = row.moved ? 'moved by hand' : row.confidence === undefined ? '' : formatConfidence(row.confidence);
  const notes = [certainty, row.domain === undefined ? '' : plain(row.domain), row.excluded === true ? 'excluded' : ''];
  return entry(row, ...notes.filter((note) => note !== ''));
}
