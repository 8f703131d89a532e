import { pages } from '../pages/table';
import type { Command, CommandTable } from './command';

/** Each opens a page of webview/, or shows something else in the one that is open. */
export const pageCommands: CommandTable = Object.fromEntries(
  Object.entries(pages).map(([name, { command }]): [string, Command] => [
    `polymath.pages.${name}`,
    { ...command, needs: 'backend', run: (polymath, ...given) => polymath.pages.open(name, given) },
  ]),
);
