/** What all pages look like. */
import { css } from 'lit';

export const pageStyle = css`
  :host {
    display: block;
    padding: 16px 4px 24px;
    color: var(--vscode-foreground);
    font-family: var(--vscode-font-family);
    font-size: var(--vscode-font-size);
  }
  h1 {
    margin: 0;
    font-size: 1.3em;
    font-weight: 600;
  }
  h2 {
    margin: 0 0 6px;
    font-size: 1em;
    font-weight: 600;
  }
  p {
    margin: 4px 0;
    max-width: 80ch;
  }
  .faint {
    color: var(--vscode-descriptionForeground);
  }
  .error {
    color: var(--vscode-errorForeground);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 12px;
    align-items: center;
  }
  .grow {
    flex: 1;
  }
  /* In high contrast a pressed button has the colours of the others. */
  [aria-pressed='true'] {
    outline: 2px solid var(--vscode-contrastActiveBorder, transparent);
    outline-offset: 1px;
  }
  label {
    display: inline-flex;
    gap: 6px;
    align-items: center;
  }
  input[type='range'],
  input[type='checkbox'] {
    accent-color: var(--vscode-button-background);
  }
  table {
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 2px 12px 2px 0;
    text-align: left;
    font-weight: normal;
  }
  th {
    color: var(--vscode-descriptionForeground);
  }
  .number {
    text-align: right;
  }
  .words {
    overflow-wrap: anywhere;
  }
  button.quiet,
  button.link {
    padding: 2px 4px;
    border: 0;
    background: none;
    font: inherit;
    cursor: pointer;
    text-align: inherit;
  }
  button.quiet {
    color: var(--vscode-descriptionForeground);
  }
  button.quiet:hover:enabled {
    color: var(--vscode-foreground);
    text-decoration: underline;
  }
  button.quiet:disabled {
    opacity: 0.5;
    cursor: default;
  }
  button.link {
    padding: 0;
    color: var(--vscode-textLink-foreground);
  }
  button.link:hover {
    text-decoration: underline;
  }
  /* Where colours tell nothing. */
  @media (forced-colors: active) {
    button.link {
      text-decoration: underline;
    }
  }
  .scrolled:focus-visible,
  button:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
`;
