/**
 * The page's only style sheet. Its hash stands in the page's Content-Security-Policy, so there are no style attributes:
 * charts place their marks by SVG attributes, colours come from classes (`e0` … `e35` experts, `l0` … `l9` shades).
 */
import { lookCount, lookOf } from '../../base/look';

// Okabe and Ito (2008), in an order that keeps neighbours apart for all common kinds of colour blindness.
export const hues = {
  light: ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9'],
  dark: ['#58b1ea', '#f0b23a', '#2fc49a', '#e39cc4', '#f0803c', '#9bd4f7'],
};

/** The look of an expert: its hue, and how its text is underlined. */
export const expertClass = (index: number): string => `e${index % lookCount}`;

/** Shade of a heat map, for a value from 0 to 1. */
export const shadeClass = (value: number): string => `l${Math.round(Math.min(1, Math.max(0, value)) * 9)}`;

const named = (colours: readonly string[]): string => colours.map((c, i) => `--hue${i}: ${c};`).join(' ');
const experts = Array.from({ length: lookCount }, (_, i) => {
  const { hue, line } = lookOf(i);
  return `.e${i} { --e: var(--hue${hue}); --line: ${line.style}; --thick: ${line.width}px; }`;
}).join('\n');
const shades = Array.from(
  { length: 10 },
  (_, i) => `.l${i} { background: color-mix(in oklab, var(--heat) ${Math.round(4 + (i / 9) * 96)}%, var(--paper)); }`,
).join('\n');

const base = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfc; --ink: #17191d; --soft: #565b64; --rule: #d9dbdf; --faint: #f3f4f5; --accent: #0f5f99; --heat: #4a95d3;
  ${named(hues.light)}
  --serif: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'Book Antiqua', Georgia, 'DejaVu Serif', serif;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --ink: #e8eaed; --soft: #a3a9b3; --rule: #33373e; --faint: #1c1f24; --accent: #7cc0f2; --heat: #2a6496;
    ${named(hues.dark)}
  }
}
@media (prefers-contrast: more) {
  :root { --ink: #000; --soft: #26282c; --rule: #6d7178; --paper: #fff; --heat: #7db8ea; --accent: #00406e; }
}
@media (prefers-contrast: more) and (prefers-color-scheme: dark) {
  :root { --ink: #fff; --soft: #dcdfe4; --rule: #8b919b; --paper: #000; --heat: #1f4f79; --accent: #a9d8fb; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 3.5rem 1.5rem 4rem; max-width: 67rem;
  background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 var(--serif); font-kerning: normal;
}
h1, h2, h3 { font-weight: 600; line-height: 1.2; text-wrap: balance; margin: 0; }
h1 { font-size: clamp(1.75rem, 1.2rem + 2.4vw, 2.6rem); letter-spacing: -0.012em; max-width: 24em; }
h2 { font-size: 1.45rem; letter-spacing: -0.006em; }
h3 { font: 600 0.9rem/1.35 var(--sans); }
p { margin: 0.6rem 0 0; max-width: 42em; text-wrap: pretty; }
section { margin-top: 3.75rem; padding-top: 1.25rem; border-top: 1px solid var(--rule); }
.eyebrow, .note, table, dl, .chart, .panel, .legend, summary, .terms, .key, .verdicts {
  font-family: var(--sans); font-variant-numeric: tabular-nums lining-nums;
}
.eyebrow { font-size: 0.8125rem; color: var(--soft); margin: 0 0 1rem; }
.dek { font-size: 1.15rem; color: var(--soft); margin-top: 1rem; }
.note { font-size: 0.8438rem; line-height: 1.5; color: var(--soft); max-width: 52em; }
.figure { margin: 1.5rem 0 0; }
.figure > h3 { margin-bottom: 0.6rem; }
bdi { unicode-bidi: isolate; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

const tables = `
.scroll { overflow-x: auto; margin-top: 1.25rem; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
table { border-collapse: collapse; font-size: 0.875rem; line-height: 1.35; min-width: 100%; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.5rem; }
th { font-weight: 500; text-align: left; vertical-align: bottom; color: var(--soft); }
thead th { border-bottom: 1px solid var(--ink); padding: 0 0.7rem 0.4rem; }
td, tbody th, tfoot th { padding: 0.4rem 0.7rem; border-bottom: 1px solid var(--rule); }
tbody th, tfoot th { color: var(--ink); white-space: nowrap; }
td, thead th.n { text-align: right; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
td.text { text-align: left; white-space: normal; min-width: 14em; color: var(--soft); }
.lead td, .lead th { font-weight: 650; }
.aside td, .aside th { color: var(--soft); font-style: italic; }
.best { position: relative; font-weight: 700; }
.best::after { content: '\\2022'; position: absolute; margin-left: 0.12em; color: var(--accent); font-style: normal; }
.range { color: var(--soft); font-weight: 400; font-size: 0.8125rem; }
.gap { padding-left: 1.6rem; }
table.heat { min-width: 0; border-collapse: separate; border-spacing: 2px; }
table.heat thead th { border: 0; padding: 0 0.5rem 0.3rem; text-align: center; }
table.heat td { min-width: 6.2em; text-align: center; border: 0; padding: 0.55rem 0.5rem; }
table.heat tbody th { border: 0; padding-right: 0.9rem; max-width: 18em; overflow: hidden; text-overflow: ellipsis; }
table.heat td.total { color: var(--soft); min-width: 0; padding-left: 0.9rem; text-align: right; }
table.heat td.top { font-weight: 700; outline: 2px solid var(--ink); outline-offset: -2px; }
${shades}
`;

const charts = `
.chart { display: grid; grid-template-columns: max-content minmax(8rem, 1fr) max-content; gap: 0 1.1rem; align-items: center; font-size: 0.875rem; }
.row { display: contents; }
.row > * { min-width: 0; }
.chart svg { width: 100%; height: 1.9rem; display: block; overflow: visible; }
.chart svg.axis { height: 2.5rem; grid-column: 2; }
.chart .lead { font-weight: 650; }
.chart .figures { text-align: right; white-space: nowrap; }
svg text { font-family: var(--sans); font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--rule); stroke-width: 1; }
.zero { stroke: var(--soft); stroke-width: 1.5; }
.bar { stroke: var(--ink); stroke-width: 2; }
.dot { fill: var(--ink); }
.lead-mark .bar { stroke: var(--accent); stroke-width: 3; }
.lead-mark .dot { fill: var(--accent); }
.seed { stroke: var(--soft); stroke-width: 1.25; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 0 3rem; margin-top: 1.25rem; }
.panel { display: grid; grid-row: span 3; grid-template-rows: subgrid; gap: 0; margin-bottom: 2rem; }
.panel svg { width: 100%; height: auto; display: block; margin-top: 0.6rem; }
.panel .note { margin: 0; }
.series { fill: none; stroke: var(--accent); stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
.series.second { stroke: var(--soft); stroke-dasharray: 5 4; }
.end { fill: var(--accent); }
.end.second { fill: var(--soft); }
svg text.strong { fill: var(--ink); font-weight: 600; }
.band { fill: color-mix(in oklab, var(--e) 72%, var(--paper)); stroke: var(--paper); stroke-width: 1.25; vector-effect: non-scaling-stroke; }
.strip .band { stroke-width: 0.5; }
.strip { width: 100%; height: 3.5rem; display: block; margin-top: 0.9rem; }
.strip.low { height: 0.9rem; margin-top: 1.25rem; }
`;

const details = `
.verdicts { list-style: none; padding: 0; margin: 2rem 0 0; font-size: 0.9375rem; line-height: 1.4; border-top: 1px solid var(--rule); }
.verdicts li { display: grid; grid-template-columns: 9rem 1fr auto; gap: 0 1rem; padding: 0.55rem 0; border-bottom: 1px solid var(--rule); align-items: baseline; }
.verdicts .figures { color: var(--soft); font-size: 0.8438rem; text-align: right; }
.bars { margin-top: 1.6rem; font-size: 1rem; }
.bars + .verdicts { margin-top: 0.7rem; }
.outcome { font-weight: 650; white-space: nowrap; }
.outcome::before { display: inline-block; width: 1.5em; color: var(--soft); font-weight: 400; }
.outcome.better::before { content: '\\25CF'; color: var(--accent); }
.outcome.same::before { content: '\\25D0'; }
.outcome.worse::before { content: '\\25CB'; }
.badge {
  display: inline-block; min-width: 1.65em; padding: 0 0.3em; text-align: center; font: 650 0.8125rem/1.5 var(--sans);
  border: 1.5px solid var(--e); border-radius: 4px; background: color-mix(in oklab, var(--e) 20%, var(--paper)); color: var(--ink);
}
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1.6rem 2.2rem; margin-top: 1.25rem; }
.card { border-top: 3px solid var(--e); padding-top: 0.7rem; }
.card h3 { font-size: 0.9688rem; overflow-wrap: anywhere; }
.card .badge { margin-right: 0.4em; }
.terms { font-size: 0.875rem; line-height: 1.5; margin-top: 0.35rem; overflow-wrap: anywhere; }
.key { font-size: 0.8125rem; color: var(--soft); margin-top: 0.15rem; }
summary { cursor: pointer; font-size: 0.875rem; color: var(--accent); margin-top: 1.1rem; width: fit-content; }
.legend { display: flex; flex-wrap: wrap; gap: 0.4rem 1.4rem; padding: 0; margin: 1.1rem 0 0; list-style: none; font-size: 0.875rem; }
.swatch { text-decoration: underline var(--line) var(--thick) var(--e); text-underline-offset: 0.24em; }
.passage { white-space: pre-wrap; overflow-wrap: anywhere; font: 1.125rem/2 var(--serif); margin: 1.1rem 0 0; max-width: 40em; }
.prompt { color: var(--soft); }
.run {
  background: color-mix(in oklab, var(--e) 15%, transparent); border-radius: 3px; padding: 0.1em 0;
  text-decoration: underline var(--line) var(--thick) var(--e); text-underline-offset: 0.3em; text-decoration-skip-ink: none;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
}
.run sup { display: inline-block; font: 700 0.68em/1 var(--sans); padding: 0 0.12em; vertical-align: 0.55em; text-decoration: none; }
.run > span:hover { background: color-mix(in oklab, var(--e) 32%, transparent); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: 1.1rem 2rem; margin: 1.25rem 0 0; font-size: 0.875rem; line-height: 1.45; }
dt { color: var(--soft); }
dl.steps { grid-template-columns: 1fr; gap: 0; }
.steps > div { display: grid; grid-template-columns: minmax(0, 27rem) 1fr; gap: 0 1.5rem; padding: 0.5rem 0; border-bottom: 1px solid var(--rule); }
.steps dt { color: var(--ink); }
.steps dd { color: var(--soft); }
code { font: 0.875rem/1.4 ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
${experts}
@media screen and (max-width: 44rem) {
  body { padding: 2rem 1.1rem 3rem; font-size: 1rem; }
  section { margin-top: 2.75rem; }
  .verdicts li { grid-template-columns: 1fr; gap: 0.1rem; }
  .verdicts .figures { text-align: left; }
  .steps > div { grid-template-columns: 1fr; }
  .chart, .row { grid-template-columns: 1fr max-content; }
  .row { display: grid; grid-column: 1 / -1; align-items: baseline; }
  .chart svg, .chart svg.axis { grid-column: 1 / -1; order: 1; height: 1.5rem; margin-bottom: 0.6rem; }
  .chart svg.axis { height: 2.5rem; }
  .scroll tbody th:first-child, .scroll thead th:first-child { position: sticky; left: 0; background: var(--paper); z-index: 1; min-width: 7.5rem; max-width: 9.5rem; white-space: normal; }
}
@media (forced-colors: active) {
  .bar, .lead-mark .bar, .zero, .seed, .series, .series.second { stroke: CanvasText; }
  .grid { stroke: GrayText; stroke-dasharray: 1 3; }
  .dot, .lead-mark .dot, .end, .end.second { fill: CanvasText; }
  .band { stroke: CanvasText; }
  svg text, svg text.strong { fill: CanvasText; }
}
@media print {
  @page { margin: 16mm 14mm; }
  :root { --paper: #fff; --ink: #000; --soft: #444; --rule: #bbb; --heat: #8dbfe6; --accent: #0f5f99; ${named(hues.light)} }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { padding: 0; max-width: none; font-size: 10pt; }
  section { margin-top: 1.6rem; }
  h1 { font-size: 20pt; } .dek { font-size: 11pt; } .verdicts, .chart, dl, .terms { font-size: 8.5pt; } .note, .key, .verdicts .figures { font-size: 8pt; }
  table { font-size: 7pt; } .range { font-size: inherit; } td, tbody th, thead th { padding: 0.2rem 0.3rem; } .gap { padding-left: 0.6rem; }
  .passage { font-size: 10pt; }
  .scroll { overflow: visible; }
  tr, .card, .panel, .chart, .verdicts li, dl > div { break-inside: avoid; }
  h2, h3, summary { break-after: avoid; }
  details:not([open]) { display: none; }
}
`;

export const styleSheet = base + tables + charts + details;
