import type { Report, RoundReport, SplitReport } from '../../protocol/report';
import { formatDuration, formatFixed, formatList, formatNumber, formatPercent } from '../../base/format';
import { contingencyTable } from './heat';
import { type HtmlContent, type Html, html } from './html';
import { badge, quoted, scroller } from './marks';
import { linePanel, sharePanel } from './panels';
import { expertClass } from './style';
import { toldPiles } from './told';
import { mainSplit } from './verdict';

interface Named {
  readonly id: string;
  readonly split: SplitReport;
}

/** The splits of a report, in their order. */
function splitsOf({ splits }: Report): Named[] {
  return Object.entries(splits).map(([id, split]) => ({ id, split }));
}

const isAnswers = ({ split }: Named): boolean => split.role === 'answers';

/** Shows the main split, and folds the others away below it. */
function mainFirst(named: readonly Named[], main: string | undefined, draw: (item: Named) => HtmlContent): Html {
  const first = named.find((item) => item.id === main) ?? named[0];
  const others = named.filter((item) => item !== first);
  if (others.length === 0) return html`${draw(first)}`;
  return html`${draw(first)}
    <details>
      <summary>The same for ${formatList(others.map(({ split }) => split.label))}</summary>
      ${others.map(
        (item) =>
          html`<div class="figure">
            <h3>${quoted(item.split.label)}</h3>
            ${draw(item)}
          </div>`,
      )}
    </details>`;
}

const scores = ['nmi', 'ari', 'purity'] as const;

function qualityTable(named: readonly Named[], main: string | undefined): Html {
  const shown = scores.filter((score) => named.some(({ split }) => split[score] !== undefined));
  const best = shown.map((score) =>
    Math.max(...named.filter((item) => !isAnswers(item)).map(({ split }) => split[score] ?? -Infinity)),
  );
  const titles = { nmi: 'NMI', ari: 'ARI', purity: 'purity' };
  const row = (item: Named): Html => {
    const { id, split } = item;
    const answers = isAnswers(item);
    const cells = shown.map((score, i) => {
      const value = split[score];
      if (value === undefined) return html`<td>–</td>`;
      return html`<td>
        <span class="${value === best[i] && !answers ? 'best' : ''}">${formatFixed(value, 2)}</span>
      </td>`;
    });
    const sizes = [...split.shares].sort((a, b) => b - a);
    return html`<tr class="${id === main ? 'lead' : answers ? 'aside' : ''}">
      <th scope="row">${quoted(split.label)}</th>
      ${cells}
      <td class="gap">${formatFixed(split.balance, 2)}</td>
      <td>${formatPercent(sizes[0] ?? 0)} to ${formatPercent(sizes[sizes.length - 1] ?? 0)}</td>
      <td>${split.dead}</td>
      <td class="gap">${answers ? '–' : formatDuration(split.seconds)}</td>
    </tr>`;
  };
  return scroller(
    'Quality of each split',
    html`<table>
      <caption class="hidden">
        Quality of each split
      </caption>
      <thead>
        <tr>
          <th scope="col">Split</th>
          ${shown.map((score) => html`<th scope="col" class="n">${titles[score]}</th>`)}
          <th scope="col" class="n gap">balance</th>
          <th scope="col" class="n">largest to smallest pile</th>
          <th scope="col" class="n">empty piles</th>
          <th scope="col" class="n gap">time</th>
        </tr>
      </thead>
      <tbody>
        ${named.map(row)}
      </tbody>
    </table>`,
  );
}

/** How each split agrees with the gold domains, and what lies in its piles. */
export function splitSection(report: Report): Html {
  const named = splitsOf(report);
  if (named.length === 0) return html``;
  const main = mainSplit(report);
  const crossed = named.filter((item) => item.split.contingency && !isAnswers(item));
  const gold = named.some(({ split }) => split.nmi !== undefined);
  return html`<section>
    <h2>How the corpus was split</h2>
    <p>
      ${
        gold
          ? 'NMI, ARI and purity compare the piles with the gold domains, which no method but the last was shown: 1 is perfect agreement, and a random split scores near 0 in NMI and ARI. '
          : ''
      }Balance
      is 1 where all piles are of one size.
    </p>
    ${qualityTable(named, main)}
    ${
      crossed.length > 0 &&
      html`<div class="figure">
        <h3>Training documents of each domain in each pile</h3>
        ${mainFirst(crossed, main, ({ split }) => split.contingency && contingencyTable(split.contingency))}
        <p class="note">Shade: share of the pile that comes from the domain. Framed: the largest domain of the pile.</p>
      </div>`
    }
  </section>`;
}

function panels(rounds: readonly RoundReport[]): Html {
  const numbers = rounds.map((round) => round.round);
  const k = Math.max(...rounds.map((round) => round.shares.length));
  const series = (label: string, values: (round: RoundReport) => number) => ({ label, values: rounds.map(values) });
  const panel = (title: string, note: string, drawing: Html): Html =>
    html`<div class="panel">
      <h3>${title}</h3>
      <p class="note">${note}</p>
      ${drawing}
    </div>`;
  const [first, last] = [rounds[0].beta, rounds[rounds.length - 1].beta];
  const beta =
    first === last ? `β = ${first}` : `β from ${Number(first.toPrecision(2))} to ${Number(last.toPrecision(2))}`;
  return html`<div class="panels">
    ${panel(
      'Uncertainty',
      `Entropy of P(expert | document), nats; at most ln ${k} = ${formatFixed(Math.log(k), 2)}; ${beta}`,
      linePanel(numbers, [series('entropy', (r) => r.entropy)], (v) => formatFixed(v, 2), [
        0,
        Math.log(Math.max(2, k)),
      ]),
    )}
    ${panel(
      'Churn',
      'Documents that changed pile, percent',
      linePanel(numbers, [series('churn', (r) => 100 * r.churn)], (v) => `${formatFixed(v, v < 10 ? 1 : 0)}`, [
        0,
        Math.max(1, ...rounds.map((r) => 100 * r.churn)),
      ]),
    )}
    ${panel(
      'Loss',
      'Nats per token under the assigned expert; the scale does not start at zero',
      linePanel(numbers, [series('val.', (r) => r.validationLoss), series('train', (r) => r.trainLoss)], (v) =>
        formatFixed(v, 2),
      ),
    )}
    ${panel(
      'Shares of the piles',
      `Percent of the documents; ${deadNote(rounds)}`,
      sharePanel(
        numbers,
        rounds.map((r) => r.shares),
      ),
    )}
  </div>`;
}

/** The rounds in figures, for readers to whom a drawing says nothing. */
function roundsTable(rounds: readonly RoundReport[]): Html {
  const titles = ['Round', 'β', 'entropy', 'churn', 'empty piles', 'train loss', 'validation loss', 'shares'];
  const row = (r: RoundReport): Html =>
    html`<tr>
      <th scope="row">${r.round}</th>
      ${[
        Number(r.beta.toPrecision(2)),
        formatFixed(r.entropy),
        formatPercent(r.churn),
        r.dead,
        formatFixed(r.trainLoss),
        formatFixed(r.validationLoss),
        r.shares.map(formatPercent).join(', '),
      ].map((value) => html`<td>${value}</td>`)}
    </tr>`;
  return html`<details>
    <summary>The rounds as a table</summary>
    ${scroller(
      'Rounds',
      html`<table>
        <thead>
          <tr>
            ${titles.map((title, i) => html`<th scope="col" class="${i > 0 ? 'n' : ''}">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rounds.map(row)}
        </tbody>
      </table>`,
    )}
  </details>`;
}

function deadNote(rounds: readonly RoundReport[]): string {
  const most = Math.max(...rounds.map((round) => round.dead));
  const last = rounds[rounds.length - 1].dead;
  if (most === 0) return 'no pile ever empty';
  return `${last} empty at the end, at most ${most}`;
}

/** Small multiples of the rounds of the iterative splits. */
export function roundsSection(report: Report): Html {
  const named = splitsOf(report).filter(({ split }) => (split.rounds?.length ?? 0) > 1);
  if (named.length === 0) return html``;
  const main = mainSplit(report);
  const { split: shown } = named.find(({ id }) => id === main) ?? named[0];
  return html`<section>
    <h2>How the split came about</h2>
    <p>
      ${quoted(shown.label)}, round by round: each expert is trained on the documents it predicts best, and each
      document moves to the expert that predicts it best.
    </p>
    ${mainFirst(named, main, ({ split }) => html`${panels(split.rounds ?? [])}${roundsTable(split.rounds ?? [])}`)}
  </section>`;
}

/** The piles of the main split: how large they are, and what they are. */
export function pilesSection(report: Report): Html {
  const piles = toldPiles(report);
  if (piles.length === 0) return html``;
  let left = 0;
  const bars = piles.map(({ number, share }) => {
    left += share;
    return html`<rect
      class="band ${expertClass(number)}"
      x="${(left - share).toFixed(4)}"
      y="0"
      width="${share.toFixed(4)}"
      height="1"
    />`;
  });
  return html`<section>
    <h2>The piles</h2>
    <p>
      Each is named by words that are far more frequent in it than in the rest of the corpus. Letters and colours stand
      for the same experts throughout this page.
    </p>
    <svg class="strip low" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>
    <div class="cards">
      ${piles.map(
        ({ number, name, size, share, terms, domains }) =>
          html`<div class="card ${expertClass(number)}">
            <h3>${badge(number)}${quoted(name)}</h3>
            <p class="key">${formatPercent(share)}, ${formatNumber(size, 'document')}</p>
            ${domains !== '' && html`<p class="terms">${quoted(domains)}</p>`}
            <p class="key">${terms.length > 0 ? quoted(terms.join(', ')) : 'no characteristic terms'}</p>
          </div>`,
      )}
    </div>
    ${piles.some(({ domains }) => domains !== '') && html`<p class="note">Second line: the gold domains that its documents come from, which the split was not shown.</p>`}
  </section>`;
}
