import '@vscode-elements/elements/dist/vscode-button/index.js';
import { html } from 'lit';
import { formatCount, formatFixed } from '../../../backend/base/format';
import type { EvolutionTable } from '../../../backend/protocol/exam';
import { chosenOf, type Options, paged, select } from '../controls';
import { dataTable, nameOf, numbers, words } from '../../shared/data-table';
import {
  bestSoFar,
  type Candidate,
  formatMeasure,
  type Measure,
  measureNames,
  measures,
  paretoFront,
  toldOf,
} from '../evolution/candidates';
import { bestOption, cornerOf, lineageOption, node, paretoOption, sizeOf } from '../evolution/charts';
import { type ComponentDifference, differencesOf } from '../evolution/difference';
import { ancestorsOf, type Lineage, lineageOf, neighbour } from '../evolution/lineage';
import { figure } from '../figure';
import { figuresOf } from '../../shared/figures';
import { heading, notesOf } from '../parts';
import type { Figure } from '../protocol';
import type { Tools } from '../tools';

/** The two candidates whose texts are compared. */
interface Pair {
  readonly from: Candidate;
  readonly to: Candidate;
}

export function evolution(table: EvolutionTable, tools: Tools): unknown {
  const pair = pairOf(table, tools);
  const notes = notesOf([...retestNote(table), ...table.notes]);
  if (pair === undefined) return [heading('No Candidates'), notes];
  return [
    summary(table),
    // One alone makes no chart.
    table.candidates.length > 1 ? [progress(table, pair, tools), lineage(table, pair, tools)] : '',
    texts(table, pair, tools),
    table.candidates.length > 1 ? pareto(table, pair, tools) : '',
    candidates(table, pair, tools),
    notes,
  ];
}

/** What was chosen; else the best beside what it began with. Undefined where there is no candidate. */
function pairOf({ candidates: all, best }: EvolutionTable, tools: Tools): Pair | undefined {
  const named = (number: number): Candidate | undefined => all.find((one) => one.number === number);
  const chosen = (name: string): Candidate | undefined => {
    const choice = tools.choice(name);
    return choice === undefined ? undefined : named(Number(choice));
  };
  const to = chosen('to') ?? named(best) ?? all.at(-1);
  const from = chosen('from') ?? all.at(0);
  return from && to && { from, to };
}

/** A candidate is compared with the first of its parents: what its operator changed. */
function look(table: EvolutionTable, number: number, tools: Tools): void {
  const parent = table.candidates.find((one) => one.number === number)?.parents.at(0) ?? number;
  tools.choose({ to: String(number), from: String(parent) });
}

/** The third value of a point is its candidate. */
const lookAtPoint =
  (table: EvolutionTable, tools: Tools) =>
  (value: unknown): void => {
    if (Array.isArray(value) && typeof value[2] === 'number') look(table, value[2], tools);
  };

const endings: Readonly<Record<EvolutionTable['ended'], string>> = {
  generations: 'after all generations',
  budget: 'when the budget was spent',
  exhausted: 'when no new text came',
};

function summary({
  algorithm,
  operators,
  calls,
  tokens,
  twins,
  ended,
  best,
  candidates: all,
  questions,
}: EvolutionTable) {
  const fitness = (number: number): string => {
    const found = all.find((one) => one.number === number);
    return found === undefined ? '' : `${formatFixed(found.scores.fitness)} (candidate ${number})`;
  };
  const figures: Figure[] = [
    ['Best fitness', fitness(best)],
    ['Fitness at the beginning', fitness(0)],
    ['Candidates', formatCount(all.length)],
    ['Twins, not asked again', formatCount(twins)],
    ['Algorithm', algorithm],
    ['Texts made by', operators],
    ['Ended', endings[ended]],
    ['Calls', `${formatCount(calls.spent)} of at most ${formatCount(calls.most)}`],
    ['Questions', formatCount(questions)],
    ['Tokens', formatCount(tokens)],
  ];
  return figuresOf(figures.filter(([, value]) => value !== ''));
}

/** What the retest says of the evaluator, in a sentence. */
export function retestNote({ retest }: Pick<EvolutionTable, 'retest'>): string[] {
  if (retest === undefined) return [];
  const said = `Retest correlation ${formatFixed(retest, 2)}: fitness on one half of the questions beside that on the other.`;
  if (retest < 0.3) return [`${said} Differences between candidates are mostly noise.`];
  if (retest < 0.7) return [`${said} Differences between candidates are partly noise.`];
  return [`${said} Candidates keep their order from half to half.`];
}

function progress(table: EvolutionTable, { to }: Pair, tools: Tools): unknown {
  const tried = bestSoFar(table);
  return figure(
    {
      title: 'Best So Far',
      words: `The line is the best fitness by then; a point is a candidate, hollow where it was dropped. Click a point to see its texts. Calls are spread over candidates by the questions that each was asked.`,
      height: 260,
      draw: () => bestOption(tried, [to.number]),
      onPick: lookAtPoint(table, tools),
    },
    tools,
  );
}

function lineage(table: EvolutionTable, { from, to }: Pair, tools: Tools): unknown {
  const tree = lineageOf(table.candidates);
  const ancestors = ancestorsOf(table.candidates, to.number);
  const { width, height } = sizeOf(tree);
  return figure(
    {
      title: 'Lineage',
      words:
        'A row is a generation, lines lead from parents to children, bold ones to the chosen candidate: number, fitness and operator of each. ★ is the best, a dashed frame was dropped. Choose one to see what its operator changed.',
      height,
      width,
      draw: () => lineageOption(tree, { best: table.best, chosen: [from.number, to.number], ancestors }),
      over: nodes(table, tree, to, tools),
    },
    tools,
  );
}

/** Buttons over the drawn candidates: one of them takes the focus, arrows lead to the others. */
function nodes(table: EvolutionTable, tree: Lineage, to: Candidate, tools: Tools): unknown {
  const step = (event: KeyboardEvent): void => {
    const button = event.target as HTMLElement;
    const next = neighbour(tree, Number(button.dataset.candidate), event.key);
    if (next === undefined) return;
    event.preventDefault();
    button.parentElement?.querySelector<HTMLElement>(`[data-candidate="${next}"]`)?.focus();
  };
  return html`
    <div class="nodes" role="group" aria-label="Candidates" @keydown=${step}>
      ${tree.placed.map((placed) => {
        const { candidate } = placed;
        const { x, y } = cornerOf(placed);
        const isChosen = candidate.number === to.number;
        return html`<button
          class="node"
          data-candidate=${candidate.number}
          tabindex=${isChosen ? 0 : -1}
          aria-pressed=${isChosen}
          aria-label=${toldOf(candidate)}
          title=${toldOf(candidate)}
          .style=${`left: ${x}px; top: ${y}px; width: ${node.width}px; height: ${node.height}px`}
          @click=${() => look(table, candidate.number, tools)}
        ></button>`;
      })}
    </div>
  `;
}

function texts(table: EvolutionTable, { from, to }: Pair, tools: Tools): unknown {
  const options: Options<string> = table.candidates.map((one) => [String(one.number), shortOf(one, table)]);
  const pick = (name: string, label: string, { number }: Candidate): unknown =>
    select(tools, { name, label, options, value: String(number) });
  return html`
    <section aria-label="Texts">
      <div class="bar">
        <h2>Texts</h2>
        ${pick('from', 'From', from)} ${pick('to', 'To', to)}
        <span class="grow"></span>
        <vscode-button @click=${() => tools.post({ type: 'adopt', candidate: to.number })}>
          Adopt Candidate ${to.number}
        </vscode-button>
      </div>
      <p class="faint">
        ${toldOf(to)}.
        ${from === to ? 'Its texts:' : `What differs from candidate ${from.number}: removed words are struck through, added ones underlined.`}
        Adopting makes a council of its texts.
      </p>
      ${differencesOf(from, to, table.members).map((component) => text(component, from === to))}
    </section>
  `;
}

/** White space of a text is shown, so there is none around it. */
function text({ name, isSame, parts }: ComponentDifference, isAlone: boolean): unknown {
  const said = parts.map(({ text, kind }) => {
    if (kind === 'same') return text;
    return kind === 'added' ? html`<ins>${text}</ins>` : html`<del>${text}</del>`;
  });
  return html`
    <h3>${words(name)} ${isSame && !isAlone ? html`<span class="faint">· the same</span>` : ''}</h3>
    <p class="text told" dir="auto">${said.length === 0 ? '(no words)' : said}</p>
  `;
}

/** "7 · 0.712 · best". */
function shortOf({ number, scores, dropped }: Candidate, { best }: EvolutionTable): string {
  const end = number === best ? ' · best' : dropped ? ' · dropped' : '';
  return `${number} · ${formatFixed(scores.fitness)}${end}`;
}

function pareto(table: EvolutionTable, { to }: Pair, tools: Tools): unknown {
  const options: Options<Measure> = measureNames.map((name) => [name, measures[name].label]);
  const x = chosenOf(tools, 'x', options, 'words');
  const y = chosenOf(tools, 'y', options, 'accuracy');
  const front = paretoFront(table.candidates, x, y);
  const better = (measure: Measure): string => `${measures[measure].better} ${measures[measure].label.toLowerCase()}`;
  return figure(
    {
      title: 'Trade-Offs',
      words: `The line joins the candidates that no other one beats in both, by ${better(x)} and ${better(y)}: ${front.map(({ number }) => number).join(', ')}.`,
      controls: [
        select(tools, { name: 'x', label: 'Across', options, value: x }),
        select(tools, { name: 'y', label: 'Up', options, value: y }),
      ],
      height: 280,
      draw: () => paretoOption(table.candidates, [x, y], [to.number]),
      onPick: lookAtPoint(table, tools),
    },
    tools,
  );
}

/** Every candidate: the figures of all charts above. */
function candidates(table: EvolutionTable, { to }: Pair, tools: Tools): unknown {
  const { shown, pager } = paged(tools, 'page', bestSoFar(table));
  const columns = [
    ...numbers('Candidate', 'Generation'),
    { title: 'Operator' },
    { title: 'Parents' },
    { title: 'Dropped', told: 'Lost a race before it was asked everything' },
    ...numbers(...measureNames.map((name) => measures[name].label), 'Questions', 'Calls by then', 'Best by then'),
  ];
  const rows = shown.map(({ candidate, calls, best }) => {
    const { number, generation, operator, parents, questions, dropped } = candidate;
    const button = html`<button class="link" @click=${() => look(table, number, tools)}>${number}</button>`;
    return {
      ...(number === to.number && { look: 'chosen' as const }),
      cells: [
        button,
        generation,
        nameOf(operator),
        parents.join(', '),
        dropped ? 'dropped' : '',
        ...measureNames.map((name) => formatMeasure(name, measures[name].of(candidate))),
        formatCount(questions),
        formatCount(calls),
        best === undefined ? '' : formatFixed(best),
      ],
    };
  });
  return html`
    <section aria-label="Candidates">
      <h2>Candidates</h2>
      ${dataTable('Candidates', columns, rows)} ${pager}
    </section>
  `;
}
