import { css } from 'lit';

export const runsStyle = css`
  .bar {
    margin-bottom: 8px;
  }
  vscode-textfield {
    width: 200px;
  }
  vscode-single-select {
    width: 140px;
  }
  .keys {
    margin: 4px 0 0;
  }
  section {
    margin-top: 20px;
  }
  h2 {
    margin-top: 16px;
  }
  .scrolled {
    overflow-x: auto;
    max-width: 100%;
  }
  .scrolled th,
  .scrolled td {
    padding: 4px 16px 4px 0;
    vertical-align: top;
    border-bottom: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  }
  .scrolled thead th {
    max-width: 24ch;
    vertical-align: bottom;
  }
  tbody tr:hover {
    background: var(--vscode-list-hoverBackground);
  }
`;
