/** Runs at work, those that wait, and those that stand still until a person sees to them. */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { nameOf, words } from '../shared/data-table';
import type { Offer, ShownRun } from './protocol';
import { link, offerButton, type Tools } from './tools';

/** What can be done with a run, by its state. */
const offers: Readonly<Record<ShownRun['state'], readonly Offer[]>> = {
  running: [
    { title: 'Pause', command: 'polymath.runs.pause' },
    { title: 'Stop', command: 'polymath.runs.cancel' },
  ],
  queued: [{ title: 'Stop', command: 'polymath.runs.cancel' }],
  stuck: [{ title: 'Resume', command: 'polymath.runs.resume' }],
};

export function runsSection(runs: readonly ShownRun[], tools: Tools): unknown {
  if (runs.length === 0) return nothing;
  return html`
    <section aria-label="Work">
      <h2>Work</h2>
      <ul class="runs">
        ${repeat(
          runs,
          ({ id }) => id,
          (run) => runOf(run, tools),
        )}
      </ul>
    </section>
  `;
}

function runOf({ id, title, state, words: text, next, share }: ShownRun, tools: Tools): unknown {
  return html`
    <li data-run=${id} class=${state}>
      <div class="bar">
        ${link(nameOf(title), { title: 'Open Log', command: 'polymath.runs.openLog', on: id }, tools)}
        <span class="faint">${words(text)}</span>
        <span class="grow"></span>
        ${offers[state].map((offer) => offerButton({ ...offer, on: id }, tools, true))}
      </div>
      ${next === undefined ? nothing : html`<p>${words(next)}</p>`}
      ${state === 'running' ? progress(title, share) : nothing}
    </li>
  `;
}

/** Without a share nobody knows how far it is. */
const progress = (title: string, share: number | undefined): unknown => html`
  <div
    class="progress ${share === undefined ? 'unknown' : ''}"
    role="progressbar"
    aria-label=${title}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${share === undefined ? nothing : Math.floor(100 * share)}
  >
    <div .style=${`width: ${100 * (share ?? 0)}%`}></div>
  </div>
`;
