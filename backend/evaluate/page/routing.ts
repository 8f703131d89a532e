import { formatFixed, formatPercent } from '../../base/format';
import type { Routing } from '../../protocol/routing';
import { type Html, html } from './html';
import { scroller } from './marks';

/** Whom the weights would choose, and whether they mean what they say. */
export function routingFigures(routing: Routing): Html {
  return html`<div class="panels">
    <div class="panel">
      <h3>Whom the weights would choose</h3>
      ${choiceTable(routing)}
      <p class="note">
        After so many tokens of a text: how often the expert with the largest weight predicts the rest best, and what
        staying with it would cost against the best one.
      </p>
    </div>
    <div class="panel">
      <h3>Whether the weights mean what they say</h3>
      ${reliabilityDiagram(routing)}
      <p class="note">
        Across: the largest weight at a token. Up: how often its expert predicts the whole text best; on the line the
        two are equal. A larger circle stands for more tokens. Calibration error ${formatFixed(routing.ece)}, Brier
        score ${formatFixed(routing.brier)}.
      </p>
    </div>
  </div>`;
}

function choiceTable({ byPrefix }: Routing): Html {
  if (byPrefix.length === 0) return html`<p class="note">The test documents are too short to tell.</p>`;
  const row = ({ tokens, documents, accuracy, regret }: Routing['byPrefix'][number]): Html =>
    html`<tr>
      <th scope="row">${tokens}</th>
      <td>${documents}</td>
      <td>${formatPercent(accuracy)}</td>
      <td>${formatFixed(regret)}</td>
    </tr>`;
  const titles = ['documents', 'the best expert', 'cost, nats per token'];
  return scroller(
    'How often the expert with the largest weight is the best one',
    html`<table>
      <thead>
        <tr>
          <th scope="col">Tokens read</th>
          ${titles.map((title) => html`<th scope="col" class="n">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${byPrefix.map(row)}
      </tbody>
    </table>`,
  );
}

const [width, height, left, bottom] = [480, 270, 48, 26];

function reliabilityDiagram({ reliability }: Routing): Html {
  const most = Math.max(...reliability.map(({ tokens }) => tokens));
  const x = (value: number): string => (left + value * (width - left - 26)).toFixed(1);
  const y = (value: number): string => (height - bottom - value * (height - bottom - 10)).toFixed(1);
  const marks = [0, 0.5, 1].map(
    (value) =>
      html`<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(value)}" y2="${y(value)}" />
        <text x="${left - 6}" y="${y(value)}" dy="4" text-anchor="end">${formatPercent(value)}</text>
        <text x="${x(value)}" y="${height - 8}" text-anchor="middle">${formatPercent(value)}</text>`,
  );
  const dots = reliability.map(({ confidence, accuracy, tokens }) => {
    const radius = (3 + 7 * Math.sqrt(tokens / most)).toFixed(1);
    return html`<circle class="end" cx="${x(confidence)}" cy="${y(accuracy)}" r="${radius}">
      <title>
        ${tokens} tokens: weight ${formatPercent(confidence)}, the best expert in ${formatPercent(accuracy)} of them
      </title>
    </circle>`;
  });
  const told = reliability.map(
    ({ confidence, accuracy }) => `${formatPercent(confidence)}: ${formatPercent(accuracy)}`,
  );
  return html`<svg
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="Largest weight, and how often its expert is the best one: ${told.join(', ')}"
  >
    ${marks}
    <line class="zero" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" />
    ${dots}
  </svg>`;
}
