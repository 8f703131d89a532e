/** Runs side by side: the settings that differ, and their figures. */
import { html, nothing } from 'lit';
import { dataTable, nameOf } from '../shared/data-table';
import { type Row, saying } from './columns';
import type { Difference } from './protocol';

export function comparison(rows: readonly Row[], differences: readonly Difference[]): unknown {
  const heads = rows.map(({ title, telling }, i) => ({ title: `${i + 1}  ${title} ${telling}`.trim() }));
  const figures = saying(rows).filter(({ format }) => format !== undefined);
  return html`
    <section aria-label="Comparison">
      <h2>Settings That Differ</h2>
      ${
        differences.length === 0
          ? html`<p class="faint">These runs were told the same.</p>`
          : dataTable(
              'Settings that differ',
              [{ title: 'Setting' }, ...heads],
              differences.map(([label, values]) => ({ cells: [label, ...values.map((value) => nameOf(value))] })),
            )
      }
      <h2>Figures</h2>
      ${dataTable(
        'Figures',
        [{ title: 'Figure' }, ...heads.map((head) => ({ ...head, isNumber: true }))],
        [
          { cells: ['State', ...rows.map(({ words }) => nameOf(words))] },
          ...figures.map(({ title, value, format }) => ({
            cells: [
              title,
              ...rows.map((row) => {
                const found = value(row);
                return typeof found === 'number' ? format?.(found) : nothing;
              }),
            ],
          })),
        ],
      )}
    </section>
  `;
}
