/** The sections of Home below its steps. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { html, nothing, svg } from 'lit';
import { expertLetter } from '../../backend/base/letter';
import {
  formatCount,
  formatFixed,
  formatMemory,
  formatPercent,
  formatPerplexity,
  formatSigned,
} from '../../backend/base/format';
import type { Headline } from '../../backend/protocol/headline';
import { dataTable, nameOf, numbers, words } from '../shared/data-table';
import { figuresOf } from '../shared/figures';
import { spanOf } from '../shared/intervals';
import { pileMark } from '../shared/marks';
import { seriesValue } from '../shared/theme';
import type { Choice, Offer, ShownExpert, ShownPile, ShownProject } from './protocol';
import { link, type Tools } from './tools';

/** A list of which one is shown; its name alone where there is no other. */
function select(label: string, choices: readonly Choice[], chosen: string, choose: (id: string) => void): unknown {
  if (choices.length < 2) return nameOf(choices.find(({ id }) => id === chosen)?.name ?? '');
  return html`
    <vscode-single-select
      label=${label}
      .value=${chosen}
      @change=${({ target }: Event) => choose((target as HTMLSelectElement).value)}
    >
      ${choices.map(
        ({ id, name }) => html`<vscode-option value=${id} ?selected=${id === chosen}>${name}</vscode-option>`,
      )}
    </vscode-single-select>
  `;
}

export function pilesSection({ datasets, splits, dataset, split }: ShownProject, tools: Tools): unknown {
  if (dataset === undefined) return nothing;
  return html`
    <section aria-label="Corpus and piles">
      <div class="bar">
        <h2>Corpus</h2>
        ${select('Dataset', datasets, dataset.id, (id) => tools.look(id))}
      </div>
      <p class="faint">${dataset.about}</p>
      ${
        split === undefined
          ? nothing
          : html`
              <div class="bar">
                <h2>Piles</h2>
                ${select('Split', splits, split.id, (id) => tools.look(dataset.id, id))}
              </div>
              <p class="faint">${split.about}</p>
              ${split.warning === undefined ? nothing : html`<p>${split.warning}</p>`} ${shareBar(split.piles)}
              ${pileTable(split.id, split.piles, tools)}
            `
      }
    </section>
  `;
}

/** Share of a pile that has room for its letter in the bar. */
const smallest = 0.03;

const totalOf = (piles: readonly ShownPile[]): number => piles.reduce((sum, { size }) => sum + size, 0);

function shareBar(piles: readonly ShownPile[]): unknown {
  const total = totalOf(piles);
  return html`
    <div class="shares" role="img" aria-label="Shares of the piles; the table has the figures">
      ${piles
        .filter(({ size }) => size > 0)
        .map(
          ({ pile, size }) =>
            html`<span .style=${`flex-grow: ${size}; --color: ${seriesValue(pile)}`}
              >${size / total < smallest ? '' : expertLetter(pile)}</span
            >`,
        )}
    </div>
  `;
}

function pileTable(clustering: string, piles: readonly ShownPile[], tools: Tools): unknown {
  const total = totalOf(piles);
  const rows = largest(piles, ({ size }) => size).map(({ pile, name, size }) => {
    const digest = { title: 'Open Digest of Pile', command: 'polymath.piles.openDigest', on: { clustering, pile } };
    return {
      cells: [
        lettered(pile, link(nameOf(name), digest, tools)),
        formatCount(size),
        total === 0 ? '' : formatPercent(size / total),
      ],
    };
  });
  const place = { title: 'Show Piles', command: 'polymath.piles.focus' };
  return [dataTable('Piles', [{ title: 'Pile' }, ...numbers('Documents', 'Share')], rows), rest(piles, place, tools)];
}

/** Rows of a table; the view beside it has all. */
const most = 40;

/** In their own order; of very many those of which this is the largest. */
function largest<T>(items: readonly T[], of: (item: T) => number): readonly T[] {
  if (items.length <= most) return items;
  const kept = new Set([...items].sort((a, b) => of(b) - of(a)).slice(0, most));
  return items.filter((item) => kept.has(item));
}

const rest = ({ length }: readonly unknown[], place: Offer, tools: Tools): unknown =>
  length <= most ? nothing : html`<p>The largest ${most}; ${link(`all ${formatCount(length)}`, place, tools)}.</p>`;

const lettered = (number: number, name: unknown): unknown =>
  html`<span class="named">${pileMark(number)} <strong>${expertLetter(number)}</strong> ${name}</span>`;

export function expertsSection({ experts }: ShownProject, tools: Tools): unknown {
  if (experts === undefined) return nothing;
  const { id, name, about, rows, warnings } = experts;
  const longest = Math.max(...rows.map((row) => Math.abs(gainOf(row) ?? 0)));
  const place = { title: 'Show Experts', command: 'polymath.experts.focus' };
  const columns = [
    { title: 'Expert' },
    ...numbers('Base model', 'Expert'),
    { title: 'Gain', told: 'Nats per token that the base model loses more on validation documents', isNumber: true },
    { title: '' },
  ];
  return html`
    <section aria-label="Experts">
      <h2>Experts</h2>
      <p>${link(nameOf(name), place, tools)}</p>
      <p class="faint">${about}</p>
      ${warnings.map((warning) => html`<p>${words(warning)}</p>`)}
      <p class="faint">Perplexity on validation documents like those of each pile; gain in nats per token.</p>
      ${dataTable(
        'Experts',
        columns,
        largest(rows, (row) => gainOf(row) ?? 0).map((row) => ({ cells: expertCells(row, id, longest, tools) })),
      )}
      ${rest(rows, place, tools)}
    </section>
  `;
}

/** Nats per token; above 0 the expert is better than the base model. */
const gainOf = ({ validation }: ShownExpert): number | undefined => validation && validation.base - validation.loss;

function expertCells(row: ShownExpert, experts: string, longest: number, tools: Tools): unknown[] {
  const { letter, number, name, validation } = row;
  const ask = { title: `Ask Expert ${letter}`, command: 'polymath.experts.ask', on: { experts, letter } };
  const head = lettered(number, link(nameOf(name), ask, tools));
  const gain = gainOf(row);
  if (validation === undefined || gain === undefined) return [head, '', '', html`<span class="faint">none</span>`, ''];
  return [
    head,
    formatPerplexity(Math.exp(validation.base)),
    formatPerplexity(Math.exp(validation.loss)),
    html`<span class=${gain < 0 ? 'error' : ''}>${formatSigned(gain)}</span>`,
    html`<span class="gain ${gain < 0 ? 'worse' : ''}" aria-hidden="true">
      <span .style=${`width: ${longest === 0 ? 0 : (100 * Math.abs(gain)) / longest}%`}></span>
    </span>`,
  ];
}

export function evaluationSection({ evaluation }: ShownProject, tools: Tools): unknown {
  if (evaluation === undefined) return nothing;
  const { id, name, about, headline } = evaluation;
  const open = { title: 'Open Evaluation', command: 'polymath.pages.evaluation', on: id };
  return html`
    <section aria-label="Last evaluation">
      <h2>Last Evaluation</h2>
      <p>${link(nameOf(name), open, tools)}</p>
      <p class="faint">${about}</p>
      ${headline === undefined ? html`<p>Its page has the figures.</p>` : headlineOf(headline)}
    </section>
  `;
}

function headlineOf(headline: Headline): unknown {
  const { words: text, difference } = headline;
  return html`
    <p class="headline"><strong>${headline.text}</strong> ${words(text)}</p>
    ${difference === undefined ? nothing : intervalOf(difference)}
  `;
}

/** A dot and a whisker, beside what they say. */
function intervalOf({ words: text, value, lo, hi, reference }: NonNullable<Headline['difference']>): unknown {
  const mark = { name: '', value, lo, hi, look: 'main' as const };
  const [from, to] = spanOf({ marks: [mark], ...(reference !== undefined && { reference }) });
  const at = (x: number): string => `${(100 * (x - from)) / (to - from)}%`;
  const format = reference === undefined ? formatFixed : formatSigned;
  return html`
    <svg class="interval" role="img" aria-label="Interval; the line below has the figures">
      ${reference === undefined ? nothing : svg`<line class="zero" x1=${at(reference)} x2=${at(reference)} y1="0" y2="100%" />`}
      <line x1=${at(lo)} x2=${at(hi)} y1="50%" y2="50%" />
      <circle cx=${at(value)} cy="50%" r="4" />
    </svg>
    <p>
      <strong>${format(value)}</strong>, from ${format(lo)} to ${format(hi)} <span class="faint">${words(text)}</span>
    </p>
  `;
}

export function modelSection({ model }: ShownProject): unknown {
  if (model.length === 0) return nothing;
  return html`
    <section aria-label="Model">
      <h2>Model</h2>
      ${figuresOf(model)}
    </section>
  `;
}

export function diskSection({ disk }: ShownProject): unknown {
  if (disk.length === 0) return nothing;
  const total = disk.reduce((sum, [, bytes]) => sum + bytes, 0);
  const rows = disk.map(
    ([name, bytes]) => [name[0].toUpperCase() + name.slice(1), formatMemory(bytes / 2 ** 20)] as const,
  );
  return html`
    <section aria-label="Disk">
      <h2>Disk</h2>
      ${figuresOf([['Project', formatMemory(total / 2 ** 20)], ...rows])}
    </section>
  `;
}
