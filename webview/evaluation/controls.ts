/** Controls whose choice the page keeps. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { html } from 'lit';
import type { Tools } from './tools';

/** What can be chosen, with what people read. */
export type Options<T extends string> = readonly (readonly [value: T, label: string])[];

/** What is chosen; the first where nothing is, or what there is not. */
export function chosenOf<T extends string>(tools: Tools, name: string, options: Options<T>, otherwise?: T): T {
  const choice = tools.choice(name);
  return options.find(([value]) => value === choice)?.[0] ?? otherwise ?? options[0][0];
}

/** A list to choose from; what was chosen is told and kept under this name, with what changes along. */
export function select<T extends string>(
  tools: Tools,
  { name, label, options, value }: { name: string; label: string; options: Options<T>; value: T },
  along: Readonly<Record<string, string>> = {},
): unknown {
  return html`
    <label>
      ${label}
      <vscode-single-select
        label=${label}
        .value=${value}
        @change=${({ target }: Event) => tools.choose({ ...along, [name]: (target as HTMLSelectElement).value })}
      >
        ${options.map(
          ([option, text]) =>
            html`<vscode-option value=${option} ?selected=${option === value}>${text}</vscode-option>`,
        )}
      </vscode-single-select>
    </label>
  `;
}

/** Rows of a table that are shown at once. */
export const pageSize = 50;

/** The part of long rows that is shown, and what leads to the others. */
export function paged<T>(tools: Tools, name: string, rows: readonly T[]): { shown: readonly T[]; pager: unknown } {
  const last = Math.max(0, Math.ceil(rows.length / pageSize) - 1);
  const page = Math.min(last, Math.max(0, Math.floor(Number(tools.choice(name) ?? 0)) || 0));
  const shown = rows.slice(page * pageSize, (page + 1) * pageSize);
  const to = (next: number, text: string): unknown => html`
    <button class="quiet" ?disabled=${next < 0 || next > last} @click=${() => tools.choose({ [name]: String(next) })}>
      ${text}
    </button>
  `;
  if (last === 0) return { shown, pager: '' };
  const [from, until] = [page * pageSize + 1, page * pageSize + shown.length];
  const pager = html`
    <div class="bar pager">
      ${to(page - 1, 'Previous')}
      <span class="faint" role="status">${from} to ${until} of ${rows.length}</span>
      ${to(page + 1, 'Next')}
    </div>
  `;
  return { shown, pager };
}
