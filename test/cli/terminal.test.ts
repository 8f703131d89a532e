import assert from 'node:assert/strict';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { createTerminal, expertColored, styled, truncate } from '../../backend/cli/terminal';
import { showReport } from '../../backend/cli/report';
import { renderTable } from '../../backend/cli/tables';
import { exampleReport } from '../evaluate/example-report';
import { createScreen } from './double';

const tty = { isTTY: true, columns: 100, getColorDepth: () => 24, write: () => true };
const pipe = { write: () => true };

describe('createTerminal', () => {
  it('asks the environment, then the stream', () => {
    assert.equal(createTerminal(tty, {}).colorDepth, 24);
    assert.equal(createTerminal(pipe, {}).colorDepth, 1);
    assert.equal(createTerminal(tty, { NO_COLOR: '1' }).colorDepth, 1);
    assert.equal(createTerminal(tty, { NO_COLOR: '' }).colorDepth, 24);
    assert.equal(createTerminal(pipe, { FORCE_COLOR: '1' }).colorDepth, 4);
    assert.equal(createTerminal(pipe, { FORCE_COLOR: '2', NO_COLOR: '1' }).colorDepth, 8);
    assert.equal(createTerminal(tty, { FORCE_COLOR: '0' }).colorDepth, 1);
    assert.equal(createTerminal(tty, { TERM: 'dumb' }).interactive, false);
  });

  it('knows its width', () => {
    assert.equal(createTerminal(tty, {}).columns, 100);
    assert.equal(createTerminal(pipe, { COLUMNS: '60' }).columns, 60);
    assert.equal(createTerminal(pipe, {}).columns, 80);
  });
});

describe('styles', () => {
  it('write nothing but text where there is no colour', () => {
    const plain = createScreen();
    assert.equal(styled(plain, 'bold', 'a') + expertColored(plain, 3, 'b'), 'ab');
  });

  it('use the colours that the terminal has', () => {
    assert.equal(expertColored(createScreen({ colorDepth: 4 }), 0, 'a'), '\x1b[34ma\x1b[39m');
    assert.match(expertColored(createScreen({ colorDepth: 8 }), 8, 'a'), /38;5;32m/);
    assert.match(expertColored(createScreen({ colorDepth: 24 }), 1, 'a'), /38;2;200;138;0m/);
  });
});

describe('widths of texts, and truncate', () => {
  it('count cells, not code units', () => {
    assert.deepEqual(
      ['abc', '日本', 'é', 'e\u0301', '⚽', '👩‍👩‍👧', '\x1b[1mab\x1b[22m', ''].map((text) => stringWidth(text)),
      [3, 4, 1, 1, 2, 2, 2, 0],
    );
    assert.equal(truncate('日本語テキスト', 6), '日本…');
  });

  it('never exceed the width asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 12 }), (text, width) => {
        assert.ok(stringWidth(truncate(text, width)) <= width);
      }),
    );
  });
});

describe('renderTable', () => {
  const columns = [{ title: 'System', align: 'left' as const }, { title: 'macro' }, { title: 'news' }];
  const rows = [
    { cells: ['One model, all data', '44.84', '105.5'] },
    { cells: ['Mixture', '40.73', '90.56'], lead: true },
  ];

  it('aligns words left and numbers right', () => {
    assert.equal(
      renderTable(columns, rows, createScreen()),
      [
        'System                macro    news',
        '───────────────────────────────────',
        'One model, all data   44.84   105.5',
        'Mixture               40.73   90.56',
        '',
      ].join('\n'),
    );
  });

  it('cuts words where the terminal is narrow, then wraps columns, then stacks cells', () => {
    assert.match(renderTable(columns, rows, createScreen({ columns: 30 })), /^One model, all… +44\.84 +105\.5$/m);
    assert.equal(
      renderTable(columns, rows, createScreen({ columns: 22 })),
      [
        'System          macro',
        '─────────────────────',
        'One model, al…  44.84',
        'Mixture         40.73',
        '',
        'System           news',
        '─────────────────────',
        'One model, al…  105.5',
        'Mixture         90.56',
        '',
      ].join('\n'),
    );
    assert.equal(
      renderTable(columns, rows, createScreen({ columns: 16 })),
      'One model, all…\n  macro  44.84\n  news   105.5\nMixture\n  macro  40.73\n  news   90.56\n',
    );
  });

  it('lets no cell move the cursor or break the line', () => {
    assert.doesNotMatch(
      renderTable(columns, [{ cells: ['a\x1b[2Jb\nc', '1', '2'] }], createScreen()),
      /\p{Cc}(?<!\n)|b\nc/u,
    );
  });

  it('never writes past the edge', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 30 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell)), fc.integer({ min: 12, max: 100 }), (cells, width) => {
        const table = renderTable(
          columns,
          cells.map((c) => ({ cells: c })),
          createScreen({ columns: width }),
        );
        for (const line of table.split('\n')) assert.ok(stringWidth(line) < width, `${line} in ${width}`);
      }),
    );
  });
});

describe('showReport', () => {
  it('tells the piles, the result, the bars, a continuation, where the report is and what comes next', () => {
    const screen = createScreen({ columns: 120 });
    showReport(exampleReport(), ['/here/report.html'], screen);
    const text = screen.text();
    assert.match(text, /^Mixture of experts +40\.73 +39\.88–41\.64 +1\.527$/m);
    assert.match(text, /^ {2}‹B› Python functions +4 % +code \d+ %/m);
    assert.match(
      text,
      /^The mixture of six experts predicts unseen text better.*\nPerplexity 40\.73 against 44\.84 on 564/m,
    );
    assert.match(text, /◐ does not beat experts on unigram-EM piles/);
    assert.match(text, /^The company’s spokesman ‹F›said on Tuesday/m);
    assert.match(text, /\n {2}\/here\/report\.html\n\nNext\n(?: {2}.+\n)+$/);
  });

  it('advises more training first where the experts do not beat one model', () => {
    const [a, b] = ['mixture', 'monolithic'];
    const comparisons = [{ a, b, deltaNats: 0.01, lo: -0.01, hi: 0.03 }];
    const screen = createScreen({ columns: 120 });
    showReport({ ...exampleReport(), comparisons }, [], screen);
    assert.match(screen.text(), /no better than one model.*within the noise[^]*Next\n {2}… --tokens 5520000/);
  });
});
