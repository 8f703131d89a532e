import { expertLetter } from '../base/letter';
import { printable } from '../base/printable';
import { type Terminal, expertColored, styled, truncate } from './terminal';

/** Writes a continuation as it is made, each piece in the colour of the expert that leads it. */
export interface ContinuationWriter {
  /** Which letter and colour is which expert. */
  legend(names: readonly string[]): void;
  prompt(text: string): void;
  /** A decoded piece of text, as short as it comes: empty while a character is incomplete. No expert: one model speaks, unmarked. */
  push(text: string, expert: number | undefined): void;
  /** Writes what is held back and ends the line. */
  end(): void;
}

// A piece that starts with one of these belongs to the character before it, and a marker between them would tear it apart.
const continues = /^(?:\p{Mark}|\p{Emoji_Modifier}|\u200d)/u;
// The half of a surrogate pair, a joiner or a carriage return at the end waits for what follows.
const unfinished = /(?:[\ud800-\udbff]|\u200d|\r)$/;

/**
 * Letters stand where the expert changes, as ‹B›, so that nothing rests on colour. Control characters of the model's text
 * are made visible: no output can move the cursor, set a title or paint over the screen. `numbers` are those of the experts' piles,
 * which give their letters and colours: 0, 1, … where nothing is said. Who is no expert has a word in the place of a letter, and no colour.
 */
export function createContinuationWriter(
  terminal: Terminal,
  numbers: readonly (number | string)[] = [],
): ContinuationWriter {
  const numberOf = (expert: number): number | string => numbers[expert] ?? expert;
  const painted = (expert: number, text: string): string => {
    const number = numberOf(expert);
    return typeof number === 'string' ? text : expertColored(terminal, number, text);
  };
  const markOf = (expert: number): string => {
    const number = numberOf(expert);
    return `‹${typeof number === 'string' ? number : expertLetter(number)}›`;
  };
  let leader: number | undefined;
  let held = '';

  /** Colour ends before every line feed, so that it never runs into the prompt of the shell. */
  const colored = (text: string, expert: number): string =>
    text
      .split('\n')
      .map((line) => painted(expert, line))
      .join('\n');

  const write = (raw: string, expert: number | undefined): void => {
    const text = printable(raw);
    if (text === '') return;
    if (expert === undefined) return terminal.write(text);
    // White space says nothing about which expert leads; the marker stands at the first word of the new leader.
    const changes = expert !== leader && /\S/u.test(text) && !continues.test(text);
    if (!changes) {
      terminal.write(colored(text, leader ?? expert));
      return;
    }
    leader = expert;
    const space = /^\s*/u.exec(text)?.[0] ?? '';
    const marker = painted(expert, styled(terminal, 'bold', markOf(expert)));
    terminal.write(space + marker + colored(text.slice(space.length), expert));
  };

  return {
    legend: (names) => {
      for (const [i, name] of names.entries()) {
        const label = truncate(printable(name).replaceAll(/\s+/gu, ' '), terminal.columns - 6);
        terminal.write(`${painted(i, `${markOf(i)} ${label}`)}\n`);
      }
      if (names.length > 0) terminal.write('\n');
    },
    prompt: (text) => {
      for (const [i, line] of printable(text).split('\n').entries()) {
        terminal.write((i > 0 ? '\n' : '') + styled(terminal, 'dim', line));
      }
    },
    push: (text, expert) => {
      const whole = held + text;
      const keep = unfinished.test(whole) ? 1 : 0;
      held = whole.slice(whole.length - keep);
      write(whole.slice(0, whole.length - keep), expert);
    },
    end: () => {
      if (held !== '') write(held, leader);
      held = '';
      leader = undefined;
      terminal.write('\n');
    },
  };
}
