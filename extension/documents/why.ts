import { expertLetter } from '../../backend/base/letter';
import type { LinkRecord, WhyHere } from '../../backend/protocol/labels';
import type { SplitRecord, UnionRecord } from '../../backend/protocol/records';
import { methodData } from '../../backend/split/methods/method';
import { splitMethods } from '../../backend/split/methods/settings';
import { formatConfidence, formatCount, formatNumber, formatShare, formatTime } from '../format';
import { bars, entry, pileLabel, plain, sections } from './report-text';

const shortestName = 28;

/** Why a document is in its pile, as a page. */
export function whyText(why: WhyHere, { name, piles, method }: SplitRecord): string {
  const { row, position, of } = why.placement;
  const pile = pileLabel(row.pile, piles[row.pile].name);
  const { moved, confidence } = row;
  const certainty = moved || confidence === undefined ? '' : `, confidence ${formatConfidence(confidence)}`;
  const place = `Place ${formatCount(position + 1)} of ${formatCount(of)} in pile ${pile}${certainty}.`;
  const notes = [
    row.moved ? 'A person moved it here.' : '',
    row.outlier ? 'It is an outlier: it fits no pile well.' : '',
    row.excluded === true ? 'It is excluded: no run reads it.' : '',
    row.domain === undefined ? '' : `Its gold domain is ${plain(row.domain)}.`,
  ].filter((note) => note !== '');
  const strongest = Math.max(...why.terms.map(({ weight }) => weight));
  const words = why.terms.map(({ word, weight, share, elsewhere, count }) => {
    const said = `in ${formatShare(share, 1)} of its pile, ${formatShare(elsewhere, 1)} of others, ${count} × here`;
    return [word, weight / strongest, said] as const;
  });
  const compared = `Among ${formatNumber(why.compared, 'document')}`;
  return sections(`Why “${plain(row.id)}” is in pile ${expertLetter(row.pile)}`, [
    ['Where it lies', [place, ...notes, `Split: ${plain(name)}.`].join('\n')],
    [
      'How likely each pile is',
      why.posteriors === undefined ? noFigures(method) : posteriorBars(why.posteriors, { piles, method }),
    ],
    [
      'Words of the pile that it has',
      words.length === 0
        ? 'None of the words that mark the pile stands in it.'
        : `By how far they mark it, with the documents that have them:\n\n${bars(words)}`,
    ],
    [
      'Documents most like it',
      [
        `${compared}, by the words that they share:\n`,
        ...why.neighbours.map(({ document, pile: of, similarity }) =>
          entry(document, `pile ${expertLetter(of)}`, `similarity ${similarity.toFixed(2)}`),
        ),
      ].join('\n'),
    ],
    [
      'What the guide said',
      why.unions.length === 0
        ? ''
        : [...why.unions.map(unionLine), '\n“Polymath: Undo Union…” takes one back.'].join('\n'),
    ],
    ['Moves', why.moves.map((move) => moveLine(move)).join('\n')],
    ['Links', why.links.map((link) => linkLine(link, row.index)).join('\n')],
  ]);
}

function noFigures(name: string): string {
  const method = methodData(splitMethods, name);
  if (method === undefined || method.posterior !== undefined) return 'The method kept no figures for the other piles.';
  return `${method.label}: this method has no degrees, so there are no figures.`;
}

function posteriorBars(
  posteriors: readonly number[],
  { piles, method }: Pick<SplitRecord, 'piles' | 'method'>,
): string {
  const name = (pile: number): string => `${expertLetter(pile)} ${plain(piles[pile].name)}`.slice(0, shortestName);
  const rows = posteriors.map((share, pile) => [name(pile), share, formatConfidence(share)] as const);
  const by = methodData(splitMethods, method)?.posterior;
  return `When the method ended${by === undefined ? '' : `, by ${by}`}:\n\n${bars(rows)}`;
}

function unionLine(union: WhyHere['unions'][number]): string {
  const { number, own, other } = union;
  return `- Union ${number}: ${formatCount(own)} and ${formatNumber(other, 'document')} ${whyUnited(union)}`;
}

/** What made one cluster of two, going on from "these and those documents". */
export function whyUnited({ by, quote, reason, gain }: Omit<UnionRecord, 'number' | 'own' | 'other'>): string {
  if (by === 'nearness') return 'were joined by nearness: nobody was asked any more';
  if (by === 'overlap') return 'were joined because they mostly hold the same';
  const quoted = quote === undefined ? '' : `, for “${plain(quote)}”`;
  const said = reason === undefined ? '' : `: ${plain(reason)}`;
  const measured = gain === undefined ? '' : `, ${gain.toFixed(3)} nats per token`;
  return `belong together${quoted}${measured}${said}`;
}

function moveLine({ from, to, created, undone }: WhyHere['moves'][number]): string {
  const taken = undone ? ', taken back since' : '';
  return `- ${formatTime(created)}: by hand from pile ${expertLetter(from)} to ${expertLetter(to)}${taken}`;
}

function linkLine({ kind, a, b }: LinkRecord, index: number): string {
  return `- #${a === index ? b : a} ${kind === 'must' ? 'must share a pile with it' : 'must not share a pile with it'}`;
}
