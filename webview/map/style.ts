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
