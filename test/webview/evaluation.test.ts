import assert from 'node:assert/strict';
import { askedRows, filters } from '../../webview/evaluation/asked';
import { svgOf } from '../../webview/evaluation/chart-option';
import { bestSoFar, type Candidate, paretoFront } from '../../webview/evaluation/evolution/candidates';
import { differencesOf } from '../../webview/evaluation/evolution/difference';
import { lineageOf, neighbour } from '../../webview/evaluation/evolution/lineage';
import { shadesOf } from '../../webview/evaluation/heat';
import { spanOf, toldOf } from '../../webview/shared/intervals';
import { domainsOf, marksOf } from '../../webview/evaluation/kinds/comparison-figures';
import { exampleReport } from '../evaluate/example-report';
import { evolutionExample, examExample, hostile } from './example-tables';

const candidate = (
  number: number,
  change: Partial<Candidate> = {},
  scores: Partial<Candidate['scores']> = {},
): Candidate => ({
  ...{
    number,
    generation: 0,
    operator: 'edit',
    parents: [],
    dropped: false,
    components: ['one two', 'go'],
    questions: 10,
  },
  ...change,
  scores: { fitness: 0.5, accuracy: 0.5, likelihood: 0.5, information: 0, agreement: 0, words: 3, ...scores },
});

describe('intervals of an evaluation', () => {
  it('are of the systems that the main one was compared with, what was given the answers as a bound', () => {
    const report = exampleReport();
    const marks = marksOf(report);
    const main = report.systems.find(({ role }) => role === 'main');
    const compared = report.comparisons.filter(({ a }) => a === main?.id);
    assert.equal(marks.length, compared.length);
    assert.deepEqual(
      marks.filter(({ look }) => look === 'bound').map(({ name }) => name),
      report.systems.filter(({ role }) => role === 'answers').map(({ label }) => label),
    );
    assert.deepEqual(marksOf({ ...report, comparisons: [] }), []);
  });

  it('span all of them with the reference, and something where all are equal', () => {
    const [from, to] = spanOf({ marks: [{ name: 'a', value: 2, lo: 1, hi: 3, look: 'plain' }], reference: 0 });
    assert.ok(from < 0 && to > 3);
    for (const value of [0, -4]) {
      const [low, high] = spanOf({ marks: [{ name: 'a', value, look: 'plain' }] });
      assert.ok(low < value && value < high);
    }
  });

  it('are told in words', () => {
    const format = (value: number): string => value.toFixed(1);
    assert.equal(toldOf({ name: 'a', value: 1, look: 'main' }, { format }), '1.0');
    assert.equal(
      toldOf({ name: 'a', value: 1, lo: 0.5, hi: 2, look: 'main' }, { format }),
      '1.0, from 0.5 to 2.0 (95 %)',
    );
  });
});

describe('a heat map', () => {
  it('shades within a column, without bounds and what is not there', () => {
    const rows = [
      { name: 'a', values: [10, 1] },
      { name: 'b', values: [20, 1] },
      { name: 'c', values: [undefined, 1] },
      { name: 'best there can be', values: [1, 0], isBound: true },
    ];
    assert.deepEqual(shadesOf({ rows, columns: ['x', 'y'], better: 'lower' }), [
      [1, 0],
      [0, 0],
      [undefined, 0],
      [undefined, undefined],
    ]);
    assert.equal(shadesOf({ rows, columns: ['x'], better: 'higher' })[1][0], 1);
  });

  it('is not there where the corpus has no domains', () => {
    const report = exampleReport();
    assert.equal(domainsOf(report)?.columns.length, 6);
    const perplexity = Object.fromEntries(
      Object.entries(report.perplexity).map(([id, one]) => [id, { ...one, domains: {} }]),
    );
    assert.equal(domainsOf({ ...report, perplexity }), undefined);
  });
});

describe('the questions of an exam', () => {
  it('are found by who was right', () => {
    const { asked, rows } = examExample(4);
    const right = ['1100', '1010'].map((marks, i) => ({ ...rows[i], right: marks }));
    const found = (filter: keyof typeof filters): number[] =>
      askedRows({ asked, rows: right })
        .filter((row) => filters[filter].fits(row.right))
        .map(({ number }) => number);
    assert.deepEqual(found('all'), [1, 2, 3, 4]);
    assert.deepEqual(found('wrong'), [3, 4]);
    assert.deepEqual(found('differ'), [2, 3]);
    assert.deepEqual(found('nobody'), [4]);
  });
});

describe('an evolution', () => {
  it('has a best by then, which dropped candidates are not', () => {
    const candidates = [
      candidate(0, {}, { fitness: 0.4 }),
      candidate(1, { dropped: true, questions: 5 }, { fitness: 0.9 }),
      candidate(2, {}, { fitness: 0.6 }),
      candidate(3, {}, { fitness: 0.5 }),
    ];
    const tried = bestSoFar({ candidates, calls: { spent: 350, most: 500 } });
    assert.deepEqual(
      tried.map(({ calls, best }) => [calls, best]),
      [
        [100, 0.4],
        [150, 0.4],
        [250, 0.6],
        [350, 0.6],
      ],
    );
    const [first] = bestSoFar({ candidates: [candidates[1]], calls: { spent: 0, most: 0 } });
    assert.equal(first.best, undefined);
  });

  it('has a front of those that no other one beats in both', () => {
    const candidates = [
      candidate(0, {}, { words: 30, accuracy: 0.6 }),
      candidate(1, {}, { words: 10, accuracy: 0.4 }),
      candidate(2, {}, { words: 20, accuracy: 0.4 }),
      candidate(3, {}, { words: 40, accuracy: 0.6 }),
      candidate(4, { dropped: true }, { words: 1, accuracy: 1 }),
    ];
    assert.deepEqual(
      paretoFront(candidates, 'words', 'accuracy').map(({ number }) => number),
      [1, 0],
    );
  });

  it('stands in rows of generations, children below their parents, each link from a row above', () => {
    const { placed, links, columns, rows } = lineageOf([
      candidate(0),
      candidate(1),
      candidate(2, { generation: 1, parents: [1, 1] }),
      candidate(3, { generation: 1, parents: [0] }),
      candidate(4, { generation: 2, parents: [2, 99] }),
    ]);
    assert.deepEqual([columns, rows], [2, 3]);
    assert.deepEqual(
      placed.map(({ candidate: { number }, column, row }) => [number, column, row]),
      [
        [0, 0, 0],
        [1, 1, 0],
        [2, 1, 1],
        [3, 0, 1],
        [4, 0.5, 2],
      ],
    );
    assert.deepEqual(
      links.map(({ parent, child }) => [parent.candidate.number, child.candidate.number]),
      [
        [1, 2],
        [0, 3],
        [2, 4],
      ],
    );
    const large = lineageOf(evolutionExample(6, 20).candidates);
    const places = new Set(large.placed.map(({ column, row }) => `${column} ${row}`));
    assert.equal(places.size, 120);
    assert.deepEqual(lineageOf([]), { columns: 0, rows: 0, placed: [], links: [] });
  });

  it('is walked through with arrows', () => {
    const tree = lineageOf([candidate(0), candidate(1), candidate(2, { generation: 1, parents: [1] })]);
    assert.equal(neighbour(tree, 0, 'ArrowRight'), 1);
    assert.equal(neighbour(tree, 1, 'ArrowRight'), undefined);
    assert.equal(neighbour(tree, 1, 'ArrowDown'), 2);
    assert.equal(neighbour(tree, 2, 'ArrowUp'), 0);
    assert.equal(neighbour(tree, 2, 'Enter'), undefined);
  });

  it('tells what two candidates say differently, word by word', () => {
    const [role, instruction] = differencesOf(
      candidate(0, { components: ['be brief and kind', 'go'] }),
      candidate(1, { components: ['be thorough and kind', 'go'] }),
      ['A'],
    );
    assert.deepEqual(
      [role.name, role.isSame, instruction.name, instruction.isSame],
      ['Role of A', false, 'Instruction', true],
    );
    assert.deepEqual(role.parts, [
      { text: 'be ', kind: 'same' },
      { text: 'brief', kind: 'removed' },
      { text: 'thorough', kind: 'added' },
      { text: ' and kind', kind: 'same' },
    ]);
  });
});

describe('a chart as a file', () => {
  it('has names of others as text and nothing else', () => {
    const svg = svgOf(
      {
        xAxis: { type: 'value' },
        yAxis: { type: 'category', data: [hostile.markup] },
        series: [{ type: 'scatter', data: [[1, 0]] }],
      },
      { width: 300, height: 100 },
    );
    assert.match(svg, /^<svg /);
    assert.match(svg, /&lt;img src=x/);
    assert.doesNotMatch(svg, /<img/);
  });
});
