/** Markdown as the references are written in. */

/** The first line of a file that nobody should edit. */
export const made = '<!-- Made by `npm run docs`. Edit the tables it is made of instead. -->';

export const code = (text: string): string => `\`${text}\``;

/** A table; columns that are empty in every row are left out. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = titles.map((_, column) => rows.some((row) => row[column] !== ''));
  const line = (cells: readonly string[]): string =>
    `| ${cells
      .filter((_, column) => shown[column])
      .map(cellText)
      .join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

/** `<` and `\` begin markup but in code. */
const cellText = (text: string): string =>
  text.replaceAll(/(`[^`]*`)|[<\\]/g, (found, inCode?: string) => inCode ?? `\\${found}`).replaceAll('|', '\\|');

export const file = (parts: readonly string[]): string => `${parts.filter((part) => part !== '').join('\n\n')}\n`;
