import type { PerplexityReport, Report, SystemReport } from '../../protocol/report';
import { formatCount, formatFixed, formatList, formatPerplexity, formatSigned } from '../../base/format';
import { entryOf } from '../../base/table';
import { type HtmlContent, type Html, html } from './html';
import { type DotRow, dotChart, quoted, scroller } from './marks';
import { barOf, findComparison, mainSystem, scoredSystems } from './verdict';

interface Row {
  readonly system: SystemReport;
  readonly figures: PerplexityReport;
}

/** The lowest value of a column among the systems that do not read the answers. */
function best(rows: readonly Row[], figure: (figures: PerplexityReport) => number | undefined): number {
  return Math.min(
    ...rows.filter(({ system }) => system.role !== 'answers').map((row) => figure(row.figures) ?? Infinity),
  );
}

interface Column {
  readonly title: Html;
  /** What the column ranks by; a column without it is not ranked. */
  readonly figure?: (figures: PerplexityReport) => number | undefined;
  readonly show: (figures: PerplexityReport) => HtmlContent;
  /** Set off from the columns before it. */
  readonly gap?: boolean;
}

function columns(report: Report, rows: readonly Row[]): Column[] {
  const ranked = (
    title: Html,
    figure: (f: PerplexityReport) => number | undefined,
    format = formatPerplexity,
  ): Column => ({
    title,
    figure,
    show: (figures) => {
      const value = figure(figures);
      return value === undefined ? '–' : format(value);
    },
  });
  const { domains } = report.corpus;
  const bounds = { title: html`95 % interval`, show: (f: PerplexityReport) => (f.interval ? range(f.interval) : '–') };
  return [
    ranked(domains.length > 0 ? html`macro` : html`perplexity`, (f) => f.macro),
    ...(rows.some((row) => row.figures.interval) ? [bounds] : []),
    ...domains.map((domain, i) => ({ ...ranked(quoted(domain), (f) => entryOf(f.domains, domain)), gap: i === 0 })),
    ...(domains.length > 0 ? [{ ...ranked(html`all tokens`, (f) => f.micro), gap: true }] : []),
    ranked(html`bits / byte`, (f) => f.bitsPerByte, formatFixed),
  ];
}

const range = ([lo, hi]: readonly [number, number]): Html =>
  html`<span class="range">${formatPerplexity(lo)}–${formatPerplexity(hi)}</span>`;

function cell(column: Column, row: Row, lowest: number): Html {
  const isBest = row.system.role !== 'answers' && column.figure?.(row.figures) === lowest;
  return html`<td class="${column.gap ? 'gap' : ''}">
    <span class="${isBest ? 'best' : ''}">${column.show(row.figures)}</span>
  </td>`;
}

function table(report: Report, rows: readonly Row[], main: SystemReport | undefined): Html {
  const shown = columns(report, rows);
  const lowest = shown.map((column) => best(rows, (figures) => column.figure?.(figures)));
  const body = rows.map((row) => {
    const kind = row.system.role === 'answers' ? 'aside' : row.system === main ? 'lead' : '';
    return html`<tr class="${kind}">
      <th scope="row">${quoted(row.system.label)}</th>
      ${shown.map((column, i) => cell(column, row, lowest[i]))}
    </tr>`;
  });
  return scroller(
    'Perplexity of each system in each domain',
    html`<table>
      <caption class="hidden">
        Test perplexity of each system in each domain
      </caption>
      <thead>
        <tr>
          <th scope="col">System</th>
          ${shown.map((c) => html`<th scope="col" class="n ${c.gap ? 'gap' : ''}">${c.title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>`,
  );
}

/** Differences from what is to be beaten, where the run compared with it; else macro perplexities on their own. */
function plot(report: Report, rows: readonly Row[], main: SystemReport | undefined): Html {
  const bar = barOf(report);
  const barFigures = bar && report.perplexity[bar.id];
  const compared = rows.flatMap((row): DotRow[] => {
    const c = bar && findComparison(report, row.system.id, bar.id);
    if (!c || !barFigures) return [];
    return [
      {
        label: quoted(row.system.label),
        value: c.deltaNats,
        interval: [c.lo, c.hi],
        marks: row.figures.perSeed?.flatMap((seed, i) => {
          const other = barFigures.perSeed?.[i];
          return other === undefined ? [] : [Math.log(seed / other)];
        }),
        lead: row.system === main,
        far: row.system.role === 'untrained',
        figures: html`${formatSigned(c.deltaNats)}
          <span class="range">${formatSigned(c.lo)} to ${formatSigned(c.hi)}</span>`,
      },
    ];
  });
  if (bar && compared.length > 0) {
    return html`<div class="figure">
      <h3>Difference from ${bar.phrase}</h3>
      ${dotChart(compared, 'nats per token', 0)}
      <p class="note">
        Dot: difference in macro nats per token. Bar: 95 % interval, by a paired bootstrap. Small strokes: single
        training seeds. A bar across zero is no difference that this test set can show.
      </p>
    </div>`;
  }
  const plain = rows.map(({ system, figures }): DotRow => ({
    label: quoted(system.label),
    value: figures.macro,
    interval: figures.interval,
    marks: figures.perSeed,
    lead: system === main,
    far: system.role === 'untrained',
    figures: html`${formatPerplexity(figures.macro)} ${figures.interval && range(figures.interval)}`,
  }));
  return html`<div class="figure">
    <h3>Macro perplexity</h3>
    ${dotChart(plain, 'perplexity')}
  </div>`;
}

function notes(rows: readonly Row[], ranked: boolean): Html {
  const ways = new Set(rows.flatMap(({ figures }) => figures.routing ?? []));
  const routing = [...ways].map((way) => {
    const alike = rows.filter(({ figures }) => figures.routing === way);
    return `${formatList(alike.map(({ system }) => system.label))}: ${way}`;
  });
  const trained = rows.flatMap(({ system, figures }) =>
    figures.trainedTokens === undefined ? [] : [`${system.label} ${formatCount(figures.trainedTokens)}`],
  );
  return html`<p class="note">
    ${ranked && '• best of its column, gold domains aside, since they are the answers.'}
    ${routing.length > 0 && `How a test document finds its expert. ${routing.join('; ')}.`}
    ${trained.length > 0 && `Training tokens that differ from the budget: ${formatList(trained)}.`}
  </p>`;
}

/** Systems × domains, and the distance of each system from what is to be beaten. */
export function perplexitySection(report: Report): Html {
  const rows = scoredSystems(report).map((system): Row => ({ system, figures: report.perplexity[system.id] }));
  if (rows.length === 0) return html``;
  const main = mainSystem(report);
  const macro =
    report.corpus.domains.length > 0 ? ' Macro weighs every domain the same, however many documents it has.' : '';
  return html`<section>
    <h2>How well each system predicts unseen text</h2>
    <p>
      Perplexity on the test documents: the number of tokens a model is, in effect, choosing between. Lower is
      better.${macro} All but the untouched base model were trained on ${formatCount(report.budget.tokensPerSystem)}
      tokens${report.budget.matched === 'expert' ? ', every expert by itself' : ''}.
    </p>
    ${table(report, rows, main)}${notes(rows, rows.length > 1)}${plot(report, rows, main)}
  </section>`;
}
