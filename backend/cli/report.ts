/** The report of a comparison at the end of a run in a terminal; the page has all of it. */
import stringWidth from 'string-width';
import { formatFixed, formatPercent, formatPerplexity } from '../base/format';
import { expertLetter } from '../base/letter';
import { printable } from '../base/printable';
import type { ContinuationReport, Report } from '../protocol/report';
import { nextSteps, toldPiles } from '../evaluate/page/told';
import { type Verdict, mainSystem, outcomeVerbs, scoredSystems, summarise } from '../evaluate/page/verdict';
import { createContinuationWriter } from './continuation';
import { renderTable, type TableRow } from './tables';
import { type Terminal, expertColored, styled, truncate } from './terminal';

/** All of it: tables first, so that the screen ends with the piles, what came of them, a continuation and what to do next. */
export function showReport(report: Report, files: readonly string[], terminal: Terminal): void {
  const parts = [perplexityTable(report, terminal), renderPiles(report, terminal), renderSummary(report, terminal)];
  terminal.write(parts.flatMap((part) => (part === '' ? [] : `\n${part}`)).join(''));
  if (report.continuation !== undefined) showContinuation(report.continuation, terminal);
  terminal.write(`\n${styled(terminal, 'bold', 'The report')}\n${files.map((file) => `  ${file}\n`).join('')}`);
  terminal.write(`\n${styled(terminal, 'bold', 'Next')}\n${renderNext(report, terminal)}`);
}

function perplexityTable(report: Report, terminal: Terminal): string {
  const scored = scoredSystems(report);
  if (scored.length === 0) return '';
  const main = mainSystem(report);
  const rows = scored.map((system): TableRow => {
    const { macro, interval, bitsPerByte } = report.perplexity[system.id];
    const bounds = interval?.map(formatPerplexity).join('–') ?? '–';
    return { cells: [system.label, formatPerplexity(macro), bounds, formatFixed(bitsPerByte)], lead: system === main };
  });
  const titles = ['perplexity', '95 % interval', 'bits/byte'].map((title) => ({ title }));
  const table = renderTable([{ title: 'System', align: 'left' }, ...titles], rows, terminal);
  return `Perplexity on test documents, lower is better\n${table}`;
}

/** A line per pile: letter and name in the colour of its expert, share, and what it consists of. */
function renderPiles(report: Report, terminal: Terminal): string {
  const piles = toldPiles(report);
  if (piles.length === 0) return '';
  const width = Math.min(Math.max(...piles.map(({ name }) => stringWidth(plain(name)))), 34);
  const lines = piles.map(({ number, name, share, domains }) => {
    const label = truncate(plain(name), width);
    const space = ' '.repeat(width - stringWidth(label));
    const head = `  ${expertColored(terminal, number, `‹${expertLetter(number)}› ${label}`)}${space}`;
    const told = truncate(plain(domains), Math.max(0, terminal.columns - width - 16));
    return `${head}  ${formatPercent(share).padStart(5)}   ${styled(terminal, 'dim', told)}`.trimEnd();
  });
  const labelled = piles.some(({ domains }) => domains !== '');
  const title = labelled ? 'The piles, and the gold domains in them, which the split was not shown' : 'The piles';
  return `${styled(terminal, 'bold', title)}\n${lines.join('\n')}\n`;
}

const plain = (text: string): string => printable(text).replaceAll(/\s+/gu, ' ');

/** The result in words, and each bar with its outcome. */
export function renderSummary(report: Report, terminal: Terminal): string {
  const { headline, gain, verdicts } = summarise(report);
  const marks = { better: '●', same: '◐', worse: '○' };
  const line = ({ outcome, bar, figures }: Verdict): string => {
    const claim = `  ${marks[outcome]} ${outcomeVerbs[outcome]} ${bar}`;
    const fits = stringWidth(claim) + stringWidth(figures) + 2 < terminal.columns;
    return `${claim}${fits ? '  ' : '\n    '}${styled(terminal, 'dim', figures)}`;
  };
  const subjects = [...new Set(verdicts.map(({ subject }) => subject))].map((subject) => {
    const lines = verdicts.filter((verdict) => verdict.subject === subject).map(line);
    return `${subject} …\n${lines.join('\n')}\n`;
  });
  const result = [styled(terminal, 'bold', printable(headline)), ...(gain === undefined ? [] : [printable(gain)])];
  const notes = (report.notes ?? []).map((note) => `${styled(terminal, 'dim', printable(note))}\n`);
  return [`${result.join('\n')}\n`, ...subjects, ...(notes.length > 0 ? [notes.join('')] : [])].join('\n');
}

function showContinuation({ prompt, piles, read = [], tokens }: ContinuationReport, terminal: Terminal): void {
  const writer = createContinuationWriter(terminal, piles);
  const show = (title: string, part: ContinuationReport['tokens']): void => {
    terminal.write(`\n${styled(terminal, 'bold', title)}\n`);
    writer.prompt(part === tokens ? prompt : '');
    for (const { text, expert } of part) writer.push(text, expert);
    writer.end();
  };
  if (read.length > 0) show('Who speaks as the mixture reads two test documents', read);
  show(read.length > 0 ? 'How it goes on with the second' : 'The mixture goes on from a test document', tokens);
}

function renderNext(report: Report, terminal: Terminal): string {
  const steps = nextSteps(report);
  const width = Math.max(...steps.map(({ command }) => stringWidth(command)));
  return steps
    .map(({ command, why }) => {
      const fits = width + stringWidth(why) + 5 < terminal.columns;
      const head = fits ? command.padEnd(width) : command;
      return `  ${head}${fits ? '   ' : '\n      '}${styled(terminal, 'dim', why)}\n`;
    })
    .join('');
}
