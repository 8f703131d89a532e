import stringWidth from 'string-width';
import { type Environment, environment } from '../base/environment';
import { printable } from '../base/printable';

/** What a stream can show, read once per use so that a resized window is noticed. */
export interface Terminal {
  /** True where a line can be redrawn. */
  readonly interactive: boolean;
  /** Bits of colour: 1 (none), 4 (16 colours), 8 (256) or 24. */
  readonly colorDepth: ColorDepth;
  /** Cells per line; 80 where nobody knows. */
  readonly columns: number;
  /** Shows text: whatever else it holds, no control sequence but those of this file reaches the terminal. */
  write(text: string): void;
}

export type ColorDepth = 1 | 4 | 8 | 24;

/** The part of a Node stream that is asked: process.stdout, process.stderr, or a double in tests. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  getColorDepth?(environment?: object): number;
  write(text: string): unknown;
}

/** FORCE_COLOR (0 to 3) outranks NO_COLOR (https://no-color.org), as in Node itself; then the stream decides. */
function colorDepthOf(stream: OutputStream, variables: Environment): ColorDepth {
  const forced = variables.FORCE_COLOR;
  if (forced === '0' || forced === 'false') return 1;
  if (forced !== undefined) return forced === '3' ? 24 : forced === '2' ? 8 : 4;
  if (variables.NO_COLOR || variables.TERM === 'dumb' || !stream.isTTY) return 1;
  const depth = stream.getColorDepth?.(variables) ?? 4;
  return depth >= 24 ? 24 : depth >= 8 ? 8 : depth >= 4 ? 4 : 1;
}

export function createTerminal(stream: OutputStream, variables: Environment = environment()): Terminal {
  const interactive = stream.isTTY === true && variables.TERM !== 'dumb';
  const colorDepth = colorDepthOf(stream, variables);
  return {
    interactive,
    colorDepth,
    get columns() {
      return stream.columns || Number(variables.COLUMNS) || 80;
    },
    write: (text) => {
      const [start, rest] =
        interactive && text.startsWith(eraseLine) ? [eraseLine, text.slice(eraseLine.length)] : ['', text];
      // Where there are colours, every second part is a style.
      const parts = colorDepth === 1 ? [rest] : rest.split(style);
      stream.write(start + parts.map((part, i) => (i % 2 === 1 ? part : printable(part))).join(''));
    },
  };
}

/** Empties the line that is redrawn; at the beginning of what is written only. */
export const eraseLine = '\r\x1b[2K';
// eslint-disable-next-line no-control-regex
const style = /(\x1b\[[\d;]*m)/;

const styles = { bold: [1, 22], dim: [2, 22], underline: [4, 24] } as const;

/** Text in a style, or as it is where the terminal shows none. */
export function styled(terminal: Terminal, style: keyof typeof styles, text: string): string {
  const [on, off] = styles[style];
  return terminal.colorDepth === 1 || text === '' ? text : `\x1b[${on}m${text}\x1b[${off}m`;
}

// Okabe and Ito's colours in the order of the report page, as RGB, xterm-256 and ANSI codes; each readable on black and white.
const expertColors = [
  { rgb: [38, 139, 210], indexed: 32, basic: 34 },
  { rgb: [200, 138, 0], indexed: 172, basic: 33 },
  { rgb: [0, 158, 115], indexed: 35, basic: 32 },
  { rgb: [204, 121, 167], indexed: 175, basic: 35 },
  { rgb: [213, 94, 0], indexed: 166, basic: 31 },
  { rgb: [70, 165, 215], indexed: 74, basic: 36 },
  { rgb: [150, 120, 40], indexed: 136, basic: 93 },
  { rgb: [128, 134, 143], indexed: 245, basic: 90 },
] as const;

/** Text in the colour of an expert. A letter must say the same: colours repeat after eight, and some terminals have none. */
export function expertColored(terminal: Terminal, expert: number, text: string): string {
  if (terminal.colorDepth === 1 || text === '') return text;
  const { rgb, indexed, basic } = expertColors[expert % expertColors.length];
  const depth = terminal.colorDepth;
  const code = depth === 24 ? `38;2;${rgb.join(';')}` : depth === 8 ? `38;5;${indexed}` : String(basic);
  return `\x1b[${code}m${text}\x1b[39m`;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The text, cut to at most `width` cells, with an ellipsis where something was cut. Expects text without styles. */
export function truncate(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let [kept, used] = ['', 0];
  for (const { segment } of graphemes.segment(text)) {
    const cells = stringWidth(segment);
    if (used + cells > width - 1) break;
    kept += segment;
    used += cells;
  }
  return width > 0 ? `${kept}…` : '';
}
