import { css } from 'lit';

export const tokensStyle = css`
  .form {
    margin: 12px 0;
  }
  vscode-textarea {
    width: 100%;
    margin-bottom: 8px;
  }
  .figure {
    width: 72px;
  }
  .form .bar {
    margin-top: 8px;
  }
  vscode-single-select {
    width: 210px;
  }
  .columns {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr));
    gap: 16px 28px;
    margin-top: 12px;
  }
  .answer {
    min-width: 0;
  }
  article {
    margin-top: 20px;
    padding-top: 12px;
    border-top: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  }
  .text {
    max-width: 100ch;
    margin: 8px 0;
    overflow-wrap: anywhere;
    font-family: var(--vscode-editor-font-family);
    font-size: var(--vscode-editor-font-size);
    line-height: 1.9;
  }
  .prompt,
  .token {
    white-space: pre-wrap;
  }
  .prompt {
    font-style: italic;
  }
  .token {
    padding: 2px 0;
    border-bottom: var(--line, 2px solid) var(--color, transparent);
    background: color-mix(in srgb, var(--color, transparent) var(--share, 0%), transparent);
    cursor: pointer;
  }
  .token:focus-visible,
  .token[aria-pressed='true'] {
    outline: 1px solid var(--vscode-focusBorder);
  }
  /* The letter stands where another expert begins to lead: colour is never the only sign. */
  .begins[data-letter]::before {
    content: attr(data-letter);
    vertical-align: super;
    font-size: 0.65em;
    font-weight: 600;
  }
  .experts {
    display: grid;
    grid-template-columns: auto minmax(0, max-content) auto minmax(60px, 1fr);
    gap: 2px 8px;
    align-items: center;
    max-width: 110ch;
    margin: 8px 0;
    padding: 0;
    list-style: none;
  }
  .experts li {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    align-items: center;
  }
  canvas {
    width: 100%;
    height: 14px;
    color: var(--color);
    outline-color: var(--vscode-foreground);
    background: var(--vscode-editorWidget-background);
    cursor: pointer;
  }
  /* Where the system sets the colours, these are still to be told apart. */
  .letter,
  .length,
  canvas,
  .token {
    forced-color-adjust: none;
  }
  .letter {
    display: inline-block;
    min-width: 1.2em;
    padding: 0 3px;
    border: 1px solid var(--color);
    background: color-mix(in srgb, var(--color) 25%, transparent);
    text-align: center;
    font-weight: 600;
  }
  .details {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 48px;
    max-width: 110ch;
    padding: 8px 12px;
    background: var(--vscode-editorWidget-background);
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  }
  code {
    font-family: var(--vscode-editor-font-family);
    white-space: pre;
  }
  .scale {
    width: 140px;
  }
  .length {
    display: block;
    width: var(--share);
    min-width: 1px;
    height: 10px;
    background: var(--color);
  }
`;
