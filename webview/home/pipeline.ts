/** The steps from the corpus to the evaluation. */
import { html } from 'lit';
import { nameOf } from '../shared/data-table';
import type { ShownStep } from './protocol';
import { link, offerButton, type Tools } from './tools';

const told: Readonly<Record<ShownStep['state'], string>> = {
  done: 'done',
  working: 'at work',
  next: 'next',
  open: 'open',
  later: 'later',
};

export const pipeline = (steps: readonly ShownStep[], tools: Tools): unknown => html`
  <ol class="steps" aria-label="Steps">
    ${steps.map((step, i) => stepOf(step, i + 1, tools))}
  </ol>
`;

function stepOf({ name, state, words, place, offers }: ShownStep, number: number, tools: Tools): unknown {
  const isThere = state === 'done' || state === 'open' || state === 'working';
  return html`
    <li class=${state} aria-current=${state === 'next' ? 'step' : 'false'}>
      <span class="spot" aria-hidden="true">${state === 'done' ? '✓' : number}</span>
      <div>
        <strong>${isThere ? link(name, place, tools) : name}</strong>
        <span class="state">${told[state]}</span>
        <p class="faint">${nameOf(words)}</p>
        ${state === 'done' ? '' : offers.map((offer, i) => offerButton(offer, tools, state !== 'next' || i > 0))}
      </div>
    </li>
  `;
}
