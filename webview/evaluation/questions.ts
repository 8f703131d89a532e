/** The questions of an exam one by one, and who answered each right. */
import { html } from 'lit';
import { formatNumber } from '../../backend/base/format';
import type { ExamTable } from '../../backend/protocol/exam';
import { askedRows, type Filter, filters } from './asked';
import { chosenOf, type Options, paged, select } from './controls';
import { dataTable, nameOf, words } from '../shared/data-table';
import type { Tools } from './tools';

const options: Options<Filter> = (Object.keys(filters) as Filter[]).map((key) => [key, filters[key].label]);

export function questionsOf(table: ExamTable, tools: Tools): unknown {
  if (table.asked.length === 0) return '';
  const filter = chosenOf(tools, 'filter', options);
  const found = askedRows(table).filter(({ right }) => filters[filter].fits(right));
  const { shown, pager } = paged(tools, 'page', found);
  const columns = [
    { title: 'Question' },
    { title: 'Domain' },
    ...table.rows.map(({ name }, i) => ({ title: String(i + 1), told: name, isNumber: true })),
  ];
  const open = tools.choice('question');
  const rows = shown.map(({ id, domain, right }) => ({
    ...(id === open && { look: 'chosen' as const }),
    cells: [questionButton(id, id === open, tools), words(domain ?? ''), ...right.map(tick)],
  }));
  return html`
    <section aria-label="Questions">
      <div class="bar">
        <h2>Questions</h2>
        ${select(tools, { name: 'filter', label: 'Show', options, value: filter }, { page: '0' })}
        <span class="faint" role="status">${found.length} of ${formatNumber(table.asked.length, 'question')}</span>
      </div>
      <p class="faint">
        A column for each row of the first table, by its number: ✓ where it answered right. A question’s text is shown
        when it is chosen.
      </p>
      <div class="beside">
        ${found.length === 0 ? html`<p class="faint">There is no such question.</p>` : dataTable('Questions', columns, rows)}
        ${open === undefined ? '' : tools.question(open, said(table, open))}
      </div>
      ${pager}
    </section>
  `;
}

const questionButton = (id: string, isOpen: boolean, tools: Tools): unknown => html`
  <button class="link" aria-expanded=${isOpen} @click=${() => tools.choose({ question: isOpen ? '' : id })}>
    ${words(id)}
  </button>
`;

/** What each row wrote to a question, where answers are free. */
function said({ asked, rows }: ExamTable, id: string): unknown {
  const at = asked.findIndex((one) => one.id === id);
  const written = rows.flatMap(({ name, said: texts, right }) => {
    const text = texts?.[at];
    return text === undefined ? [] : [{ name, text, isRight: right[at] === '1' }];
  });
  if (written.length === 0) return '';
  return html`
    <h3>What was written</h3>
    <ul>
      ${written.map(({ name, text, isRight }) => html`<li>${tick(isRight)} ${nameOf(name)}: ${words(text)}</li>`)}
    </ul>
  `;
}

const tick = (right: boolean): unknown =>
  right
    ? html`<span class="right" role="img" aria-label="right">✓</span>`
    : html`<span class="faint" role="img" aria-label="wrong">✗</span>`;
