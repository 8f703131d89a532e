/** How the rows of the tree Piles look. */
import * as vscode from 'vscode';
import { expertLetter } from '../../backend/base/letter';
import { type Look, lookOf } from '../../backend/base/look';
import { formatCount, formatDuration, formatNumber, formatShare, formatTime } from '../format';
import { toldOfEmptyPiles } from '../../backend/split/methods/method';
import { methodLabel, splitMethods } from '../../backend/split/methods/settings';
import { documentItem } from './documents';
import type { OutliersNode, PileNode, PilesNode, SplitNode } from './piles';
import { figuresTooltip, type Figure } from './tooltip';

/** `opened`: whether a row that has others below it shows them from the beginning. */
export function pilesItem(node: PilesNode, opened: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  switch (node.kind) {
    case 'split':
      return split(node, opened);
    case 'pile':
      return pile(node);
    case 'outliers':
      return outliers(node);
    case 'document':
      return documentItem(node);
  }
}

/** The color of expert or pile number `index`, of package.json: those that the editor has for charts are not there in every theme. */
export const letterColor = (index: number): vscode.ThemeColor =>
  new vscode.ThemeColor(`polymath.expert${1 + lookOf(index).hue}`);

/** The editor's icons that have these forms. */
const icons: Readonly<Record<Look['form'], string>> = {
  circle: 'circle-filled',
  square: 'debug-stop',
  triangle: 'triangle-up',
  diamond: 'debug-breakpoint-log',
  down: 'triangle-down',
  hexagon: 'debug-breakpoint-data',
};

/** The icon of expert or pile number `index`; its letter always stands beside it. */
export const letterIcon = (index: number): vscode.ThemeIcon =>
  new vscode.ThemeIcon(icons[lookOf(index).form], letterColor(index));

function split({ record, dataset }: SplitNode, opened: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const { name, method, k, documents, quality, piles, outliers: strange, unmetLinks } = record;
  const item = new vscode.TreeItem(name, opened);
  const label = methodLabel(splitMethods, method, record.settings);
  const unmet = unmetLinks === undefined ? undefined : `${formatNumber(unmetLinks, 'link')} not honoured: split again`;
  const figures = [unmet, formatNumber(k, 'pile'), dataset && `of ${dataset}`, purityText(quality.purity)].filter(
    isThere,
  );
  // A split that nobody has named is called by its method.
  item.description = [...(name.startsWith(label) ? [] : [label]), ...figures].join(' · ');
  item.iconPath = new vscode.ThemeIcon('type-hierarchy');
  item.contextValue = 'split';
  const known: Figure[] = [
    ['Method', label],
    ['Piles', formatCount(k)],
    ['Documents', formatCount(documents)],
    ['Outliers', strange > 0 ? formatCount(strange) : undefined],
    ...(['purity', 'nmi', 'ari'] as const).map((figure): Figure => [goldFigures[figure], fixed(quality[figure])]),
    ['Perplexity of quick experts', fixed(quality.perplexity)],
    ['Of random piles', fixed(quality.randomPerplexity)],
    ['Seed', String(record.seed)],
    ['Took', formatDuration(record.seconds)],
    ['Created', formatTime(record.created)],
    ['Dataset', dataset ?? record.dataset],
    ['Id', record.id],
  ];
  item.tooltip = figuresTooltip(name, known, toldOfEmptyPiles(piles));
  item.accessibilityInformation = { label: [`Split ${name}`, label, ...figures].join(', ') };
  return item;
}

const goldFigures = { purity: 'Purity against gold domains', nmi: 'NMI', ari: 'ARI' };
const isThere = (text: string | undefined): text is string => text !== undefined;
const fixed = (value: unknown): string | undefined => (typeof value === 'number' ? value.toFixed(3) : undefined);
const purityText = (value: unknown): string | undefined =>
  typeof value === 'number' ? `purity ${value.toFixed(2)}` : undefined;

function pile({ pile: number, record, documents, domains }: PileNode): vscode.TreeItem {
  const { name, size, terms } = record;
  const letter = expertLetter(number);
  const item = new vscode.TreeItem(`${letter}  ${name}`, vscode.TreeItemCollapsibleState.Collapsed);
  const share = formatShare(size, documents);
  // A pile that nobody has named is called by its first words.
  const words = terms.filter((term) => !name.includes(term)).slice(0, 3);
  const gold = domains.slice(0, 1).map((domain) => `${formatShare(domain.documents, size)} ${domain.name}`);
  // In the order in which a narrow view may cut it short.
  const figures = [formatCount(size), ...gold, `${share} of all`, words.join(', ')];
  item.description = figures.filter((text) => text !== '').join(' · ');
  item.iconPath = letterIcon(number);
  item.contextValue = 'pile';
  item.tooltip = figuresTooltip(`${letter}  ${name}`, [
    ['Documents', `${formatCount(size)} of ${formatCount(documents)} (${share})`],
    ['Purity', domains.length > 0 ? (domains[0].documents / size).toFixed(3) : undefined],
    ['Domains', domains.length > 0 ? mixOf(domains, size) : undefined],
    ['Words', terms.slice(0, 12).join(', ')],
  ]);
  const label = [`Pile ${letter}, ${name}`, `${formatNumber(size, 'document')}, ${share}`, ...gold];
  item.accessibilityInformation = { label: label.join(', ') };
  return item;
}

function mixOf(domains: PileNode['domains'], size: number): string {
  return domains
    .slice(0, 6)
    .map(({ name, documents }) => `${name} ${formatShare(documents, size)}`)
    .join(', ');
}

function outliers({ size }: OutliersNode): vscode.TreeItem {
  const item = new vscode.TreeItem('Outliers', vscode.TreeItemCollapsibleState.Collapsed);
  item.description = formatCount(size);
  item.iconPath = new vscode.ThemeIcon('circle-large-outline');
  item.contextValue = 'outliers';
  item.tooltip = figuresTooltip('Outliers', [['Documents', formatCount(size)]], 'Documents that fit no pile well.');
  item.accessibilityInformation = { label: `Outliers, ${formatNumber(size, 'document')}` };
  return item;
}
