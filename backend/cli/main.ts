#!/usr/bin/env node
/** The command line: `polymath <command>`. Exit codes: 0 done, 1 a mistake that the message explains, 2 wrong usage, 130 stopped. */
import { runCommandLine } from './program';

await runCommandLine();
