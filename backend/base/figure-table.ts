/** A table of figures in the forms that papers, notes and spreadsheets take. */

/** A cell: words, or a figure with the decimals that people are shown; nothing where there is none. */
export type FigureCell = string | { readonly value: number; readonly decimals: number } | undefined;

export interface FigureTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly FigureCell[])[];
  /** How the figures came about, in sentences. */
  readonly notes: readonly string[];
}

export type FigureForm = 'csv' | 'md' | 'tex';

/** The whole file. CSV has all digits and no notes, as programs read it. */
export const figureForms: Readonly<Record<FigureForm, (table: FigureTable) => string>> = {
  csv: ({ columns, rows }) =>
    [columns, ...rows.map((row) => row.map(exact))].map((row) => `${row.map(csvCell).join(',')}\r\n`).join(''),
  md: ({ title, columns, rows, notes }) => {
    const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
    const rule = columns.map((_, i) => (isFigures(rows, i) ? '---:' : '---'));
    const body = rows.map((row) => line(row.map((cell) => rounded(cell).replaceAll('|', '\\|').replaceAll('\n', ' '))));
    return `# ${title}\n\n${line(columns)}${line(rule)}${body.join('')}\n${notes.join('\n\n')}\n`;
  },
  tex: ({ title, columns, rows, notes }) => {
    const line = (cells: readonly string[]): string => `  ${cells.map(texText).join(' & ')} \\\\\n`;
    const alignment = columns.map((_, i) => (isFigures(rows, i) ? 'r' : 'l')).join('');
    return [
      ...notes.map((note) => `% ${note.replaceAll('\n', ' ')}\n`),
      '\\begin{table}\n\\centering\n',
      `\\caption{${texText(title)}}\n\\begin{tabular}{${alignment}}\n  \\hline\n${line(columns)}  \\hline\n`,
      ...rows.map((row) => line(row.map(rounded))),
      '  \\hline\n\\end{tabular}\n\\end{table}\n',
    ].join('');
  },
};

const isFigures = (rows: FigureTable['rows'], column: number): boolean =>
  rows.some((row) => typeof row[column] === 'object') && rows.every((row) => typeof row[column] !== 'string');

function exact(cell: FigureCell): string {
  return typeof cell === 'object' ? String(cell.value) : (cell ?? '');
}

function rounded(cell: FigureCell): string {
  return typeof cell === 'object' ? cell.value.toFixed(cell.decimals).replace(/^-(?=0(\.0*)?$)/, '') : (cell ?? '');
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const texSigns: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '−': '$-$',
  '\n': ' ',
};

function texText(text: string): string {
  const minus = text.replaceAll(/^-(?=\d)/g, '−');
  return minus.replaceAll(/[\\~^−\n]|[&%$#_{}]/g, (sign) =>
    Object.hasOwn(texSigns, sign) ? texSigns[sign] : `\\${sign}`,
  );
}
