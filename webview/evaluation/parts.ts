/** Small parts of the page. */
import { html } from 'lit';
import { words } from '../shared/data-table';

export const heading = (text: string): unknown => html`<h2>${text}</h2>`;

/** What must be known to judge the figures, in sentences. */
export function notesOf(notes: readonly string[]): unknown {
  if (notes.length === 0) return '';
  return html`
    <section aria-label="Notes">
      <h2>Notes</h2>
      <ul>
        ${notes.map((note) => html`<li>${words(note)}</li>`)}
      </ul>
    </section>
  `;
}
