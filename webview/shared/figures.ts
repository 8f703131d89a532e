import { html } from 'lit';
import { words } from './data-table';

/** Names with their values. */
export const figuresOf = (figures: readonly (readonly [name: string, value: string])[]): unknown => html`
  <dl>
    ${figures.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${words(value)}</dd>
        </div>`,
    )}
  </dl>
`;
