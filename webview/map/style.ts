import { css } from 'lit';

export const mapStyle = css`
  .map {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 16px;
    align-items: start;
    margin-top: 8px;
  }
  @media (max-width: 700px) {
    .map {
      grid-template-columns: minmax(0, 1fr);
    }
  }
  .canvas {
    position: relative;
  }
  map-canvas {
    height: calc(100vh - 130px);
    min-height: 260px;
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  }
  .beside {
    width: 260px;
    max-height: calc(100vh - 130px);
    overflow-y: auto;
  }
  .listed {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .listed button {
    overflow: hidden;
    width: 100%;
    padding: 2px 4px;
    border: 0;
    color: inherit;
    font: inherit;
    text-align: start;
    text-overflow: ellipsis;
    white-space: nowrap;
    background: none;
    cursor: pointer;
  }
  .listed button:hover {
    background: var(--vscode-list-hoverBackground);
  }
  .listed button:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
  .tooltip {
    position: absolute;
    z-index: 1;
    max-width: 300px;
    padding: 6px 8px;
    overflow-wrap: anywhere;
    color: var(--vscode-editorHoverWidget-foreground);
    background: var(--vscode-editorHoverWidget-background);
    border: 1px solid var(--vscode-editorHoverWidget-border, var(--vscode-contrastBorder, transparent));
    pointer-events: none;
  }
  vscode-single-select {
    width: 200px;
  }
`;
