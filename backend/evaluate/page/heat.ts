import type { Report, SplitReport } from '../../protocol/report';
import { formatCount, formatPercent, formatPerplexity } from '../../base/format';
import { entryOf } from '../../base/table';
import { type Html, html } from './html';
import { badge, quoted, scroller } from './marks';
import { shadeClass } from './style';
import { barOf, mainSystem } from './verdict';

/**
 * Column order that brings each row's strongest column to the diagonal: the largest free cell is taken again and again,
 * then columns follow the rows they were taken for.
 */
export function diagonalOrder(strength: readonly (readonly number[])[], columns: number): number[] {
  const cells = strength
    .flatMap((row, r) => row.map((value, c) => ({ value, r, c })))
    .sort((a, b) => b.value - a.value);
  const taken = new Map<number, number>();
  for (const { r, c } of cells) {
    if (!taken.has(r) && ![...taken.values()].includes(c)) taken.set(r, c);
  }
  const matched = [...taken].sort((a, b) => a[0] - b[0]).map(([, column]) => column);
  return [...matched, ...Array.from({ length: columns }, (_, c) => c).filter((c) => !matched.includes(c))];
}

interface Grid {
  readonly label: string;
  readonly rows: readonly string[];
  /** The number of each row, which gives its letter: 0, 1, … where nothing is said. */
  readonly numbers?: readonly number[] | undefined;
  readonly columns: readonly string[];
  readonly cell: (row: number, column: number) => Html;
  /** A last cell per row. */
  readonly total?: (row: number) => string;
  /** Further rows, which are not of the piles. */
  readonly below?: readonly { readonly label: string; readonly cell: (column: number) => Html }[];
}

function grid({ label, rows, numbers, columns, cell, total, below = [] }: Grid): Html {
  return scroller(
    label,
    html`<table class="heat">
      <caption class="hidden">
        ${label}
      </caption>
      <thead>
        <tr>
          <th scope="col"><span class="hidden">Pile</span></th>
          ${columns.map((name) => html`<th scope="col">${quoted(name)}</th>`)}${total && html`<th scope="col">all</th>`}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (name, r) =>
            html`<tr>
              <th scope="row" title="${name}">${badge(numbers?.[r] ?? r)} ${quoted(name)}</th>
              ${columns.map((_, c) => cell(r, c))}${total && html`<td class="total">${total(r)}</td>`}
            </tr>`,
        )}
        ${below.map(
          (row) =>
            html`<tr class="aside">
              <th scope="row">${quoted(row.label)}</th>
              ${columns.map((_, c) => row.cell(c))}
            </tr>`,
        )}
      </tbody>
    </table>`,
  );
}

type Contingency = NonNullable<SplitReport['contingency']>;

/** Documents per pile and domain. */
export function contingencyTable({ domains, piles, counts }: Contingency): Html {
  const sizes = counts.map((row) => row.reduce((sum, n) => sum + n, 0));
  const shares = counts.map((row, r) => row.map((n) => n / (sizes[r] || 1)));
  const order = diagonalOrder(shares, domains.length);
  return grid({
    label: 'Documents of each domain in each pile',
    rows: piles,
    columns: order.map((c) => domains[c]),
    cell: (r, place) => {
      const c = order[place];
      const top = counts[r][c] > 0 && counts[r][c] === Math.max(...counts[r]) ? 'top' : '';
      return html`<td class="${shadeClass(shares[r][c])} ${top}" title="${formatPercent(shares[r][c])} of the pile">
        ${formatCount(counts[r][c])}
      </td>`;
    },
    total: (r) => formatCount(sizes[r]),
  });
}

/** Perplexity of every expert on every domain, or on what each pile holds; below, on domains, of all together and of one model. */
export function specialisationSection(report: Report): Html {
  const matrix = report.specialisation;
  if (!matrix || matrix.experts.length === 0 || matrix.domains.length === 0) return html``;
  const { experts, piles, domains, perplexities, of = 'domains' } = matrix;
  const lowest = domains.map((_, c) => Math.min(...perplexities.map((row) => row[c])));
  // Nats above the best expert of the domain; shades end where the worst expert of the table stands.
  const excess = perplexities.map((row) => row.map((value, c) => Math.log(value / lowest[c])));
  const worst = Math.max(1e-9, ...excess.flat());
  const order = diagonalOrder(
    excess.map((row) => row.map((nats) => -nats)),
    domains.length,
  );
  const beside = of === 'piles' ? [] : [mainSystem(report), barOf(report)].flatMap((system) => system ?? []);
  const table = grid({
    label: `Perplexity of each expert on each ${of === 'piles' ? 'pile' : 'domain'}`,
    rows: experts,
    numbers: piles,
    columns: order.map((c) => domains[c]),
    cell: (r, place) => {
      const c = order[place];
      const top = perplexities[r][c] === lowest[c] ? 'top' : '';
      return html`<td
        class="${shadeClass(1 - excess[r][c] / worst)} ${top}"
        title="${excess[r][c].toFixed(2)} nats above the best"
      >
        ${formatPerplexity(perplexities[r][c])}
      </td>`;
    },
    below: beside.map(({ id, label }) => ({
      label,
      cell: (place) => {
        const value = entryOf(report.perplexity[id].domains, domains[order[place]]);
        return html`<td>${value === undefined ? '–' : formatPerplexity(value)}</td>`;
      },
    })),
  });
  const columns =
    of === 'piles'
      ? 'on the test documents of every pile: those whose beginning its expert finds likeliest, scored on the rest'
      : 'on the test documents of every domain';
  return html`<section>
    <h2>What each expert is good at</h2>
    <p>
      Perplexity of every expert ${columns}. Lower is better. Framed: the best expert of the column. The stronger the
      shade, the nearer to the best.
    </p>
    ${table}
  </section>`;
}
