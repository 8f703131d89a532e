import { expertLetter } from '../../base/letter';
import type { ContinuationReport, MixerReport, Report } from '../../protocol/report';
import { formatFixed, formatPercent, formatSigned } from '../../base/format';
import { type Html, html } from './html';
import { type DotRow, badge, dotChart, quoted, scroller } from './marks';
import { routingFigures } from './routing';
import { mainSystem } from './verdict';
import { printable } from '../../base/printable';
import { expertClass } from './style';

/** How the mixer does against equal weights, the best single expert and other ways to weigh. */
export function mixerSection(report: Report): Html {
  const mixer = report.mixer;
  if (!mixer) return html``;
  const others = [
    ['Equal weights', mixer.uniformNll] as const,
    ['Best single expert', mixer.bestSingleNll] as const,
    ...Object.entries(mixer.variants ?? {}),
  ];
  const ordered = [['Mixer', mixer.nll] as const, ...others].sort((a, b) => a[1] - b[1]);
  const rows = ordered.map(([name, nll]): DotRow => ({
    label: quoted(name),
    value: nll,
    lead: name === 'Mixer',
    far: isBound(name),
    figures: html`${formatFixed(nll)}
      <span class="range">${name === 'Mixer' ? 'nats per token' : differenceFrom(mixer, name, nll)}</span>`,
  }));
  const better = others.filter(([name, nll]) => nll < mixer.nll && !isBound(name)).map(([name]) => name);
  const finding =
    better.length === 0
      ? 'No other way of weighing the same experts did better.'
      : `Better than the mixer on the test documents: ${better.join(', ')}.`;
  const accuracy =
    mixer.accuracy === undefined
      ? ''
      : ` For ${formatPercent(mixer.accuracy)} of the test tokens its largest weight is on the expert of their domain.`;
  const intervals = mixer.against === undefined ? '' : ', with the 95 % interval';
  const bounds = others.some(([name]) => isBound(name))
    ? ' An oracle knows the text: it is a bound, and no way to weigh.'
    : '';
  const temperature =
    mixer.temperature === undefined ? '' : `Softmax temperature of the weights: ${formatFixed(mixer.temperature, 2)}. `;
  return html`<section>
    <h2>How the experts are mixed</h2>
    <p>
      At every token the next-token distributions of the experts are averaged, each with a weight of its own.
      ${howWeighed(report)} ${finding}${accuracy}
    </p>
    <div class="figure">
      ${dotChart(rows, 'nats per token')}
      <p class="note">${temperature}Second figure: difference from the mixer${intervals}.${bounds}</p>
    </div>
    ${mixer.routing === undefined ? '' : routingFigures(mixer.routing)}
  </section>`;
}

/** Whether it looks at the text that is to be predicted. */
const isBound = (name: string): boolean => name.endsWith('(oracle)');

/** A way to weigh minus the mixer, in nats per token; its interval where the report has one. */
function differenceFrom({ nll: mixed, against = {} }: MixerReport, name: string, nll: number): string {
  const difference = formatSigned(nll - mixed);
  if (!Object.hasOwn(against, name)) return difference;
  const { lo, hi } = against[name];
  return `${difference} (${formatSigned(-hi)} to ${formatSigned(-lo)})`;
}

/** How the main system finds its weights. */
function howWeighed(report: Report): string {
  const main = mainSystem(report);
  if (main?.cooperation === 'probe')
    return 'A small probe reads each expert’s hidden state and says how much to trust it.';
  const routing = main && report.perplexity[main.id].routing;
  return routing === undefined ? '' : `The weights are: ${routing}.`;
}

type Token = ContinuationReport['tokens'][number];

/** Neighbouring tokens that the same expert leads. */
function runsOf(tokens: readonly Token[]): Token[][] {
  const runs: Token[][] = [];
  for (const token of tokens) {
    const run = runs[runs.length - 1];
    if (run?.[0].expert === token.expert) run.push(token);
    else runs.push([token]);
  }
  return runs;
}

/** The number of an expert's pile by its place among the weights: it gives letter and colour. */
type Numbered = (expert: number) => number;

const weightsOf = ({ weights }: Token, number: Numbered): string =>
  weights
    .map((weight, i) => ({ weight, letter: expertLetter(number(i)) }))
    .sort((a, b) => b.weight - a.weight)
    .map(({ weight, letter }) => `${letter} ${formatPercent(weight)}`)
    .join(' · ');

function runMarkup(run: readonly Token[], number: Numbered): Html {
  const expert = number(run[0].expert);
  // White space before a run stays outside it, so that the letter stands at the word.
  const lead = /^\s*/u.exec(run[0].text)?.[0] ?? '';
  const pieces = run.map((token, i) => {
    const text = i === 0 ? token.text.slice(lead.length) : token.text;
    return html`<span title="${weightsOf(token, number)}">${text}</span>`;
  });
  return html`${lead}<span class="run ${expertClass(expert)}"><sup>${expertLetter(expert)}</sup>${pieces}</span>`;
}

/** Weights of all experts, token by token, as stacked columns. */
function weightStrip(tokens: readonly Token[], number: Numbered): Html {
  const columns = tokens.flatMap(({ weights }, t) => {
    let top = 0;
    return weights.map((weight, i) => {
      top += weight;
      return html`<rect
        class="band ${expertClass(number(i))}"
        x="${t}"
        y="${(top - weight).toFixed(4)}"
        width="1"
        height="${weight.toFixed(4)}"
      />`;
    });
  });
  return html`<svg class="strip" viewBox="0 0 ${tokens.length} 1" preserveAspectRatio="none" aria-hidden="true">
    ${columns}
  </svg>`;
}

/** The weights in figures, for readers who cannot point at a token. */
function weightTable(tokens: readonly Token[], count: number, number: Numbered): Html {
  const columns = Array.from({ length: count }, (_, i) => i);
  const row = ({ text, expert, weights }: Token): Html =>
    html`<tr>
      <th scope="row">${quoted(JSON.stringify(printable(text)))}</th>
      <td>${expertLetter(number(expert))}</td>
      ${columns.map((i) => html`<td>${formatPercent(weights[i] ?? 0)}</td>`)}
    </tr>`;
  return html`<details>
    <summary>The weights as a table</summary>
    ${scroller(
      'Weight of each expert at each token',
      html`<table>
        <thead>
          <tr>
            <th scope="col">Token</th>
            <th scope="col" class="n">leads</th>
            ${columns.map((i) => html`<th scope="col" class="n">${expertLetter(number(i))}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${tokens.map(row)}
        </tbody>
      </table>`,
    )}
  </details>`;
}

/** Texts in which every token shows the expert that leads it: one that changes its subject, and how the mixture goes on. */
export function continuationSection(report: Report): Html {
  const shown = report.continuation;
  if (!shown || shown.tokens.length === 0) return html``;
  const { read = [], tokens } = shown;
  const all = [...read, ...tokens];
  const count = Math.max(...all.map(({ weights, expert }) => Math.max(weights.length, expert + 1)));
  const number: Numbered = (i) => shown.piles?.[i] ?? i;
  const names = shown.experts ?? report.specialisation?.experts ?? [];
  const legend = Array.from({ length: count }, (_, i) => {
    const led = all.filter((token) => token.expert === i).length;
    return html`<li>
      ${badge(number(i))}
      <span class="swatch ${expertClass(number(i))}">${quoted(names[i] ?? `expert ${expertLetter(number(i))}`)}</span>
      <span class="range">${formatPercent(led / all.length)}</span>
    </li>`;
  });
  const passage = (part: readonly Token[]): Html[] => runsOf(part).map((run) => runMarkup(run, number));
  return html`<section>
    <h2>Who speaks</h2>
    <p>
      ${
        read.length === 0
          ? 'A continuation by the mixture.'
          : 'The beginnings of two test documents, one after the other, and how the mixture goes on with the second.'
      }
      A letter marks where another expert takes the lead; point at a token for all weights.
    </p>
    <ul class="legend">
      ${legend}
    </ul>
    ${
      read.length === 0
        ? ''
        : html`<pre class="passage" dir="auto">${passage(read)}</pre>
            <h3>The mixture goes on</h3>`
    }
    <pre class="passage" dir="auto"><span class="prompt">${shown.prompt}</span>${passage(tokens)}</pre>
    <div class="figure">
      <h3>Weight of each expert at each token</h3>
      ${weightStrip(all, number)}
      <p class="note">From the first token to the last; ${expertLetter(number(0))} on top.</p>
      ${weightTable(all, count, number)}
    </div>
  </section>`;
}
