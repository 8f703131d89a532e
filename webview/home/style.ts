import { css } from 'lit';

export const homeStyle = css`
  :host {
    max-width: 1200px;
    margin: 0 auto;
  }
  h1,
  dd {
    overflow-wrap: anywhere;
  }
  .bar h2 {
    margin-bottom: 0;
  }
  .notice {
    max-width: none;
    margin: 0 0 16px;
    padding: 6px 12px;
    background: var(--vscode-editorWidget-background);
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  }
  .steps {
    display: flex;
    gap: 16px;
    margin: 20px 0 28px;
    padding: 0;
    list-style: none;
  }
  /* A line leads from each step to the next one. */
  .steps li {
    position: relative;
    flex: 1 1 100px;
    min-width: 0;
  }
  /* What is next has room for its buttons. */
  .steps .next {
    flex: 1 0 180px;
  }
  .steps p {
    display: -webkit-box;
    overflow: hidden;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 4;
  }
  .steps li:not(:last-child)::after {
    content: '';
    position: absolute;
    top: 13px;
    left: 36px;
    right: -8px;
    border-top: 1px solid var(--vscode-widget-border, var(--vscode-descriptionForeground));
  }
  .spot {
    display: grid;
    place-items: center;
    box-sizing: border-box;
    width: 28px;
    height: 28px;
    margin-bottom: 8px;
    border: 1px solid var(--vscode-descriptionForeground);
    border-radius: 50%;
    color: var(--vscode-descriptionForeground);
  }
  .done .spot {
    color: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
    border-color: currentColor;
  }
  .next .spot,
  .working .spot {
    color: var(--vscode-button-foreground);
    background: var(--vscode-button-background);
    border-color: var(--vscode-contrastActiveBorder, transparent);
  }
  .state {
    margin-left: 4px;
    color: var(--vscode-descriptionForeground);
  }
  .later strong {
    font-weight: normal;
  }
  .steps vscode-button {
    max-width: 100%;
    margin: 4px 4px 0 0;
  }
  .sections {
    columns: 2;
    column-gap: 40px;
  }
  section {
    margin-bottom: 28px;
    break-inside: avoid;
  }
  section .bar:not(:first-child) {
    margin-top: 12px;
  }
  .scrolled {
    overflow-x: auto;
    max-width: 100%;
  }
  .scrolled th,
  .scrolled td {
    padding: 4px 12px 4px 0;
    border-bottom: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  }
  .scrolled table {
    width: 100%;
  }
  tbody th {
    color: var(--vscode-foreground);
  }
  .number {
    white-space: nowrap;
  }
  tbody tr:hover {
    background: var(--vscode-list-hoverBackground);
  }
  /* A long name stands beside its letter. */
  .named {
    display: flex;
    gap: 6px;
  }
  .mark {
    flex: none;
    margin-top: 2px;
  }
  .runs {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .runs li {
    margin-bottom: 12px;
  }
  .runs .bar {
    margin: 0;
  }
  .progress {
    height: 4px;
    margin-top: 6px;
    background: var(--vscode-widget-border, var(--vscode-editorWidget-background));
    outline: 1px solid var(--vscode-contrastBorder, transparent);
  }
  .progress div {
    height: 100%;
    background: var(--vscode-progressBar-background, var(--vscode-button-background));
    forced-color-adjust: none;
  }
  .shares {
    display: flex;
    gap: 1px;
    height: 22px;
    margin: 8px 0;
    overflow: hidden;
    border-radius: 3px;
  }
  .shares span {
    flex: 0 1 0;
    min-width: 3px;
    overflow: hidden;
    line-height: 22px;
    text-align: center;
    font-weight: 600;
    color: var(--vscode-editor-background);
    background: var(--color);
    forced-color-adjust: none;
  }
  .gain {
    display: block;
    width: 72px;
    height: 8px;
  }
  .gain span {
    display: block;
    height: 100%;
    background: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
    forced-color-adjust: none;
  }
  .gain.worse span {
    background: var(--vscode-errorForeground);
  }
  .headline strong {
    margin-right: 4px;
    font-size: 2em;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .interval {
    display: block;
    width: 100%;
    max-width: 420px;
    height: 20px;
    margin: 4px 0;
  }
  .interval line {
    stroke: var(--vscode-foreground);
    stroke-width: 2;
  }
  .interval .zero {
    stroke: var(--vscode-descriptionForeground);
    stroke-width: 1;
    stroke-dasharray: 3 3;
  }
  .interval circle {
    fill: var(--vscode-charts-blue, var(--vscode-foreground));
  }
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(140px, 1fr));
    gap: 8px 24px;
    margin: 0;
  }
  dt {
    color: var(--vscode-descriptionForeground);
  }
  dd {
    margin: 0;
  }
  vscode-single-select {
    width: 240px;
    max-width: 100%;
  }
  @media (max-width: 900px) {
    .sections {
      columns: 1;
    }
  }
  @media (max-width: 700px) {
    .steps {
      flex-direction: column;
    }
    .steps li,
    .steps .next {
      display: flex;
      flex: none;
      gap: 12px;
    }
    .steps li:not(:last-child)::after {
      top: 32px;
      right: auto;
      bottom: -12px;
      left: 13px;
      border-top: 0;
      border-left: 1px solid var(--vscode-widget-border, var(--vscode-descriptionForeground));
    }
    .spot {
      flex: none;
    }
  }
`;
