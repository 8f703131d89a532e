/** How a split came about and what it is like, as a page in Markdown. */
import { expertLetter } from '../base/letter';
import type { SplitRecord } from '../protocol/records';
import { decimal, formatCount, formatDuration, formatNumber } from '../base/format';
import { printable } from '../base/printable';
import { valueText } from '../base/value-text';
import { methodData, type MethodTable, toldOfEmptyPiles } from '../split/methods/method';
import { methodLabel } from '../split/methods/settings';

type Round = SplitRecord['rounds'][number];

export function splitReport(split: SplitRecord, methods: MethodTable): string {
  const { name, method, k, documents, seed, seconds, settings } = split;
  const what = `${methodLabel(methods, method, settings)}: ${formatNumber(documents, 'document')} into ${formatNumber(k, 'pile')} in ${formatDuration(seconds)}, seed ${seed}.`;
  const parts: [string, string][] = [
    ['What was done', [what, ...settingsOf(split, methods)].join('\n')],
    ['What happened', happened(split, methods).join('\n')],
    ['Rounds', roundTable(split, methods)],
    ['Piles', pileTable(split)],
    ['Figures', figureTable(split.quality)],
  ];
  const written = parts.filter(([, text]) => text !== '').map(([heading, text]) => `## ${heading}\n\n${text}\n`);
  return `# Split “${line(name)}”\n\n${written.join('\n')}`;
}

/** On one line, without what would end a cell of a table. */
const line = (text: string): string => printable(text).replaceAll(/\s+/g, ' ').replaceAll('|', '∣').trim();
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What the method was told, by its labels, and what else it kept. */
function settingsOf({ method, settings }: SplitRecord, methods: MethodTable): string[] {
  const own = methodData(methods, method)?.settings ?? {};
  const told = Object.entries(settings).map(([key, value]) => {
    if (!Object.hasOwn(own, key)) return `- ${line(inWords(key))}: ${line(shown(value))}`;
    return `- ${own[key].label}: ${line(valueText(own[key].form, value))}`;
  });
  return told.length === 0 ? [] : ['', ...told];
}

/** "learningRate" as "learning rate". */
const inWords = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const shown = (value: number | string | boolean): string => {
  if (typeof value !== 'number') return valueText({ type: typeof value === 'boolean' ? 'flag' : 'path' }, value);
  return Number.isInteger(value) ? formatCount(value) : decimal(Number(value.toPrecision(4)));
};

/** Of ln k: above, an average document is as good as undecided. */
const undecided = 0.8;
/** Of all documents: above, a pile has swallowed the others. */
const swallowed = 0.6;

/** What the figures mean, one sentence each. */
function happened(
  { method, k, rounds, piles, documents, outliers, settings, quality }: SplitRecord,
  methods: MethodTable,
): string[] {
  const sentences: string[] = [];
  const last = rounds.at(-1);
  const most = Math.log(k);
  if (last?.entropy !== undefined && k > 1) {
    const { entropy } = last;
    const amount = `on average ${entropy.toFixed(2)} of at most ${most.toFixed(2)} nats of entropy are left`;
    sentences.push(
      entropy > undecided * most
        ? `- Where a document belongs was hardly decided: ${amount}, so documents were drawn nearly by chance.`
        : `- Where a document belongs was decided: ${amount}.`,
    );
  }
  const largest = [...piles].sort((a, b) => b.size - a.size)[0];
  if (largest.size > swallowed * documents) {
    const share = percent(largest.size / documents);
    sentences.push(`- Pile ${expertLetter(largest.pile)} swallowed the others: it holds ${share} of the documents.`);
  }
  const empty = toldOfEmptyPiles(piles);
  if (empty !== undefined) sentences.push(`- ${empty}`);
  if (last !== undefined) sentences.push(`- In the last round ${percent(last.churn)} of the documents changed pile.`);
  const heldOut = rounds.flatMap(({ validationLoss }) => validationLoss ?? []);
  if (heldOut.length > 1) {
    const [from, to] = [heldOut[0], heldOut[heldOut.length - 1]];
    sentences.push(
      `- Held-out documents went from ${from.toFixed(3)} to ${to.toFixed(3)} nats per ${unitOf(methods, method)}.`,
    );
  }
  if (outliers > 0) sentences.push(`- ${formatNumber(outliers, 'document fits', 'documents fit')} no pile well.`);
  const { perplexity, randomPerplexity } = quality;
  if (typeof perplexity === 'number' && typeof randomPerplexity === 'number') {
    const than = perplexity < randomPerplexity ? 'better than' : 'no better than';
    sentences.push(
      `- Quick experts of the piles predict held-out documents ${than} those of random piles: perplexity ${perplexity.toFixed(2)} against ${randomPerplexity.toFixed(2)}.`,
    );
  }
  const own = methodData(methods, method)?.describe?.(settings) ?? [];
  return [...sentences, ...own.map((sentence) => `- ${line(sentence)}`)];
}

/** A column of the rounds; it is left out where no round has the figure. */
interface Column {
  readonly title: string;
  readonly cell: (round: Round) => string | undefined;
}

/** What likelihoods are told by. */
function unitOf(methods: MethodTable, method: string): 'token' | 'word' {
  return methodData(methods, method)?.likelihoodPer ?? 'token';
}

function roundTable({ rounds, k, method }: SplitRecord, methods: MethodTable): string {
  const fixed = (value: number | undefined, digits: number): string | undefined => value?.toFixed(digits);
  const columns: Column[] = [
    {
      title: 'round',
      cell: ({ round, judged }) => (judged === undefined ? `${round}` : `${round}, after ${formatCount(judged)}`),
    },
    { title: 'β', cell: ({ beta }) => fixed(beta, 2) },
    { title: 'moved', cell: ({ churn }) => percent(churn) },
    {
      title: 'undecided',
      cell: ({ entropy }) => (entropy === undefined || k < 2 ? undefined : percent(entropy / Math.log(k))),
    },
    { title: 'largest', cell: ({ shares }) => percent(Math.max(...shares)) },
    { title: 'smallest', cell: ({ shares }) => percent(Math.min(...shares)) },
    { title: 'empty', cell: ({ dead }) => String(dead) },
    { title: 'training', cell: ({ trainLoss }) => fixed(trainLoss, 3) },
    { title: 'held out', cell: ({ validationLoss }) => fixed(validationLoss, 3) },
  ];
  const shown = columns.filter(({ cell }) => rounds.some((round) => cell(round) !== undefined));
  if (rounds.length === 0) return '';
  const notes = [
    'Undecided: mean entropy of the posteriors, 100 % where every pile is as likely as the others.',
    'Largest and smallest: the piles, by their shares of the documents.',
    `Training and held out: nats per ${unitOf(methods, method)}.`,
  ];
  return `${table(
    shown.map(({ title }) => title),
    rounds.map((round) => shown.map(({ cell }) => cell(round) ?? '')),
  )}\n\n${notes.join('\n')}`;
}

function pileTable({ piles, documents }: SplitRecord): string {
  const rows = piles.map(({ pile, name, size, terms }) => [
    `${expertLetter(pile)} ${line(name)}`,
    formatCount(size),
    percent(size / Math.max(1, documents)),
    line(terms.slice(0, 8).join(', ')),
  ]);
  return table(['pile', 'documents', 'share', 'words that mark it'], rows);
}

const figureNames: Readonly<Record<string, string>> = {
  nmi: 'NMI against gold domains',
  ari: 'ARI against gold domains',
  purity: 'purity against gold domains',
  dead: 'empty piles',
  perplexity: 'perplexity of quick experts',
  randomPerplexity: 'perplexity of experts of random piles',
};

function figureTable(quality: SplitRecord['quality']): string {
  const rows = Object.entries(quality).map(([name, value]) => [
    line(figureNames[name] ?? inWords(name)),
    typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : String(value),
  ]);
  return rows.length === 0 ? '' : table(['figure', 'value'], rows);
}

/** A table in Markdown whose columns stand below each other as plain text, too. */
function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, i) => Math.max(title.length, 3, ...rows.map((row) => row[i].length)));
  const row = (cells: readonly string[]): string => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [row(titles), row(widths.map((width) => '-'.repeat(width))), ...rows.map(row)].join('\n');
}
