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
  vscode-single-select {
    width: 170px;
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
    color: var(--vscode-descriptionForeground);
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
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 16px;
    margin: 8px 0;
    padding: 0;
    list-style: none;
  }
  /* Where the system sets the colours, these are still to be told apart. */
  .letter,
  .length,
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
