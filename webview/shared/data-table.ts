/** Tables of figures. */
import { html, nothing } from 'lit';

export interface Column {
  readonly title: string;
  /** What it is, where its title does not say so. */
  readonly told?: string;
  /** Written at the right, digits below each other. */
  readonly isNumber?: boolean;
}

/** Words of others, of either direction of writing. */
export const words = (text: string): unknown => html`<bdi class="words">${text}</bdi>`;

/** Characters of a name in a table, at most. */
const longest = 80;

/** The same of a name, which may be long: whoever points at it sees the rest. */
export const nameOf = (text: string): unknown =>
  text.length <= longest
    ? words(text)
    : html`<bdi class="words" title=${text}>${text.slice(0, longest).trimEnd()}…</bdi>`;

export const numbers = (...titles: readonly string[]): Column[] => titles.map((title) => ({ title, isNumber: true }));

export interface Row {
  readonly cells: readonly unknown[];
  /** Set apart from the others. */
  readonly look?: 'bound' | 'chosen';
}

/** The first cell of a row is its head. */
export function dataTable(label: string, columns: readonly Column[], rows: readonly Row[]): unknown {
  const side = (i: number): string => (columns[i].isNumber === true ? 'number' : '');
  return html`
    <div class="scrolled" role="region" aria-label="${label}, table" tabindex="0">
      <table aria-label=${label}>
        <thead>
          <tr>
            ${columns.map(
              ({ title, told }, i) =>
                html`<th scope="col" class=${side(i)} title=${told ?? nothing}>${nameOf(title)}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ cells: [head, ...cells], look }) => html`
              <tr class=${look ?? ''}>
                <th scope="row" class=${side(0)}>${head}</th>
                ${cells.map((cell, i) => html`<td class=${side(i + 1)}>${cell}</td>`)}
              </tr>
            `,
          )}
        </tbody>
      </table>
    </div>
  `;
}
