import assert from 'node:assert/strict';
import { figureForms, type FigureTable } from '../../backend/base/figure-table';

const table: FigureTable = {
  title: 'A & B_1',
  columns: ['System', '95 % of "all"', 'note'],
  rows: [
    ['x, y|z', { value: -0.00012345, decimals: 3 }, '~^\\{}$#'],
    ['second\nline', { value: -1.23456, decimals: 2 }, undefined],
  ],
  notes: ['Three seeds.', 'Dataset a.'],
};

describe('a table of figures', () => {
  it('is CSV with all digits, and quotes what needs it', () => {
    assert.equal(
      figureForms.csv(table),
      'System,"95 % of ""all""",note\r\n"x, y|z",-0.00012345,~^\\{}$#\r\n"second\nline",-1.23456,\r\n',
    );
  });

  it('is Markdown with figures to the right and no sign before zero', () => {
    const [title, , head, rule, first, second, , ...notes] = figureForms.md(table).split('\n');
    assert.deepEqual([title, head, rule], ['# A & B_1', '| System | 95 % of "all" | note |', '| --- | ---: | --- |']);
    assert.deepEqual([first, second], ['| x, y\\|z | 0.000 | ~^\\{}$# |', '| second line | -1.23 |  |']);
    assert.deepEqual(notes.filter(Boolean), table.notes);
  });

  it('is LaTeX in which no sign means anything, with the notes beside it', () => {
    const text = figureForms.tex(table);
    assert.ok(text.startsWith('% Three seeds.\n% Dataset a.\n\\begin{table}'));
    assert.ok(text.includes('\\caption{A \\& B\\_1}\n\\begin{tabular}{lrl}'));
    assert.ok(
      text.includes('  x, y|z & 0.000 & \\textasciitilde{}\\textasciicircum{}\\textbackslash{}\\{\\}\\$\\# \\\\\n'),
    );
    assert.ok(text.includes('  second line & $-$1.23 &  \\\\\n'));
  });
});
