import assert from 'node:assert/strict';
import { createContext } from '../../backend/cli/context';
import { perform } from '../../backend/cli/program';
import { createScreen } from '../cli/double';
import type { Finished } from './program';

let busy = '';

/**
 * Does a command in this process, as if it had been typed in that folder. `program.ts` starts a process instead: for what is about
 * processes, for signals, and for an environment of its own.
 */
export async function command(folder: string, ...args: string[]): Promise<Finished> {
  // A process has one working directory.
  assert.equal(busy, '', `${args.join(' ')} cannot begin before the other command has ended`);
  busy = args.join(' ');
  const home = process.cwd();
  const [out, err] = [createScreen(), createScreen()];
  process.chdir(folder);
  try {
    const code = await perform(args, createContext(new AbortController().signal, undefined, { out, err }));
    return { code, out: out.text(), err: err.text() };
  } finally {
    process.chdir(home);
    busy = '';
  }
}
