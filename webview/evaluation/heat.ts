/** Figures of rows by columns, each cell coloured beside the others of its column. */
import { html } from 'lit';
import { nameOf } from '../shared/data-table';

export interface HeatRow {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
  /** It is no rival, so no other one is measured by it. */
  readonly isBound?: boolean;
}

export interface Heat {
  readonly title: string;
  readonly corner: string;
  readonly columns: readonly string[];
  readonly rows: readonly HeatRow[];
  readonly better: 'lower' | 'higher';
  readonly format: (value: number) => string;
  /** What is to be known beside how to read it. */
  readonly told?: string;
}

/** Of each value how good it is within its column, 0 to 1, where 1 is the best. Where all are alike, none is better; bounds have none. */
export function shadesOf({
  rows,
  columns,
  better,
}: Pick<Heat, 'rows' | 'columns' | 'better'>): (number | undefined)[][] {
  const sign = better === 'lower' ? -1 : 1;
  const ranges = columns.map((_, column) => {
    const rivals = rows.filter(({ isBound }) => isBound !== true);
    const known = rivals.flatMap(({ values }) => (values[column] === undefined ? [] : [sign * values[column]]));
    return [Math.min(...known), Math.max(...known)];
  });
  return rows.map(({ values, isBound }) =>
    columns.map((_, column) => {
      const value = values[column];
      const [worst, best] = ranges[column];
      if (value === undefined || isBound === true) return undefined;
      return best === worst ? 0 : (sign * value - worst) / (best - worst);
    }),
  );
}

/** Percent of the colour in the best cell: figures on it can be read in every theme. */
const mostColor = 36;

export function heatMap(heat: Heat): unknown {
  const { title, corner, columns, rows, better, format, told } = heat;
  const shades = shadesOf(heat);
  const cell = (value: number | undefined, shade: number | undefined): unknown => {
    const best = shade === 1;
    return html`<td
      class=${best ? 'number best' : 'number'}
      .style=${`--share: ${Math.round(mostColor * (shade ?? 0))}%`}
      title=${best ? 'best of its column' : ''}
    >
      ${value === undefined ? '' : format(value)}
    </td>`;
  };
  return html`
    <section aria-label=${title}>
      <h2>${title}</h2>
      <p class="faint">
        ${told === undefined ? '' : `${told} `}${better === 'lower' ? 'Lower is better' : 'Higher is better'}: the
        stronger the colour, the better within its column; the best of a column is framed.
      </p>
      <div class="scrolled" role="region" aria-label="${title}, table" tabindex="0">
        <table class="heat" aria-label=${title}>
          <thead>
            <tr>
              <th scope="col">${corner}</th>
              ${columns.map((name) => html`<th scope="col" class="number">${nameOf(name)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              ({ name, values, isBound }, row) => html`
                <tr class=${isBound === true ? 'bound' : ''}>
                  <th scope="row">${nameOf(name)}</th>
                  ${columns.map((_, column) => cell(values[column], shades[row][column]))}
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
    </section>
  `;
}
