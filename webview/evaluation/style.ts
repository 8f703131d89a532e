import { css } from 'lit';

export const evaluationStyle = css`
  :host {
    max-width: 1200px;
    margin: 0 auto;
  }
  h1 {
    overflow-wrap: anywhere;
  }
  h2 {
    margin-top: 24px;
  }
  section {
    margin-top: 24px;
  }
  section h2 {
    margin-top: 0;
  }
  .bar h2 {
    margin-bottom: 0;
  }
  h3 {
    margin: 12px 0 4px;
    font-size: 1em;
    font-weight: 600;
  }
  /* Words stay whole in tables, which scroll. */
  th .words,
  td .words {
    overflow-wrap: break-word;
  }
  .scrolled,
  .chart {
    overflow-x: auto;
    max-width: 100%;
  }
  .drawn {
    position: relative;
  }
  .chart + .scrolled {
    margin-top: 8px;
  }
  th,
  td {
    padding: 4px 12px 4px 0;
    vertical-align: top;
    border-bottom: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  }
  thead th {
    vertical-align: bottom;
    max-width: 18ch;
  }
  tbody th {
    max-width: 44ch;
    color: var(--vscode-foreground);
  }
  tbody th:not(.number) {
    min-width: 10ch;
  }
  td.number {
    white-space: nowrap;
  }
  tbody tr:hover {
    background: var(--vscode-list-hoverBackground);
  }
  /* Bounds are no rivals. */
  tr.bound th,
  tr.bound td {
    font-style: italic;
    color: var(--vscode-descriptionForeground);
  }
  tr.chosen {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
  .heat {
    border-collapse: separate;
    border-spacing: 2px;
    margin-left: -2px;
  }
  .heat tbody tr:hover {
    background: none;
  }
  .heat th,
  .heat td {
    border: 0;
    padding: 4px 8px;
  }
  .heat th[scope='row'],
  .heat th:first-child {
    padding-left: 0;
    max-width: 26ch;
  }
  .heat td {
    min-width: 48px;
    background: color-mix(in srgb, var(--vscode-charts-blue) var(--share, 0%), transparent);
    forced-color-adjust: none;
  }
  .heat .best {
    outline: 1px solid var(--vscode-foreground);
    outline-offset: -1px;
    font-weight: 600;
  }
  vscode-single-select {
    width: 200px;
  }
  .right {
    color: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
  }
  li.right {
    color: inherit;
    font-weight: 600;
  }
  .beside {
    display: flex;
    gap: 8px 24px;
    align-items: flex-start;
  }
  .beside > .scrolled {
    flex: 0 1 auto;
    min-width: 0;
  }
  aside {
    flex: 1 1 280px;
    max-width: 70ch;
    box-sizing: border-box;
    padding: 8px 12px;
    background: var(--vscode-editorWidget-background);
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
    overflow-wrap: anywhere;
    position: sticky;
    top: 8px;
  }
  aside h3:first-child {
    margin-top: 0;
  }
  aside ol {
    padding-left: 2em;
    list-style: upper-alpha;
  }
  .text {
    white-space: pre-wrap;
  }
  .told {
    max-width: 100ch;
    margin: 0 0 12px;
    overflow-wrap: anywhere;
    line-height: 1.6;
  }
  ins,
  del {
    padding: 1px 0;
    forced-color-adjust: none;
  }
  ins {
    background: var(--vscode-diffEditor-insertedTextBackground);
    text-decoration: underline;
  }
  del + ins {
    margin-left: 2px;
  }
  del {
    background: var(--vscode-diffEditor-removedTextBackground);
    text-decoration: line-through;
  }
  .nodes {
    position: absolute;
    inset: 0;
  }
  .node {
    position: absolute;
    padding: 0;
    border: 0;
    border-radius: 3px;
    background: none;
    cursor: pointer;
  }
  .node:hover {
    background: var(--vscode-list-hoverBackground);
  }
  .pager {
    margin-top: 8px;
  }
  ul {
    margin: 0;
    padding-left: 1.4em;
    max-width: 90ch;
  }
  p + dl {
    margin-top: 16px;
  }
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(150px, 1fr));
    gap: 8px 24px;
    margin: 0;
  }
  .square {
    display: grid;
    grid-template-columns: minmax(0, 440px) auto;
    gap: 8px 32px;
    justify-content: start;
    align-items: start;
  }
  .square .scrolled {
    margin-top: 0;
  }
  dt {
    color: var(--vscode-descriptionForeground);
  }
  dd {
    margin: 0;
  }
  @media (max-width: 700px) {
    .square {
      grid-template-columns: minmax(0, 1fr);
    }
    .beside {
      flex-direction: column;
    }
    aside {
      position: static;
      flex: none;
      width: 100%;
    }
  }
`;
