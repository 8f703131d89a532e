// npm run bench [-- <results.json> [<threads>]]: measures the engine, prints a table, writes every sample as JSON.
// On a machine that others use too, one thread gives the steadier ratios (see clock.ts).
import { fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWhole } from '../backend/protocol/files';
import type { Measurement } from './child';
import { models } from './models';
import { pieces } from './pieces';
import { summarise, type Summary, table } from './table';

const cache = join('.cache', 'bench');
const program = fileURLToPath(new URL('child.js', import.meta.url));

/** Runs the child program; resolves with what it sends, if anything. */
function child(args: readonly string[]): Promise<Measurement | undefined> {
  return new Promise((resolve, reject) => {
    let measurement: Measurement | undefined;
    const running = fork(program, args, { serialization: 'advanced' });
    running.on('message', (message) => (measurement = message as Measurement));
    running.on('error', reject);
    running.on('exit', (code) => {
      if (code === 0) resolve(measurement);
      else reject(new Error(`the process that measured ${args.join(' ')} ended with ${code}`));
    });
  });
}

await mkdir(cache, { recursive: true });
const [, , results = 'bench-results.json', count = String(availableParallelism())] = process.argv;
const threads = Number(count);
// In a process of its own too: a process starts with its parent's peak memory as its own.
await child(['models', cache]);

const measured = new Map<string, { measurement: Measurement; summary: Summary }>();
const rows: Parameters<typeof table>[0][number][] = [];
let heading = '';
for (const [index, piece] of pieces.entries()) {
  process.stderr.write(`${models[piece.model].name}: ${piece.name} …\n`);
  const measurement = await child([String(index), cache, String(threads)]);
  if (measurement === undefined) throw new Error(`${piece.name} was not measured`);
  const summary = summarise(measurement, measured.get(piece.comparedWith ?? '')?.summary);
  measured.set(piece.name, { measurement, summary });
  const { name } = models[piece.model];
  rows.push({ piece, summary, ...(name === heading ? {} : { heading: name }) });
  heading = name;
}

const machine = { processor: cpus()[0].model, threads, node: process.version, platform: process.platform };
process.stdout.write(`${machine.processor}, ${threads} thread(s), Node ${machine.node}\n\n${table(rows)}`);
await writeWhole(results, `${JSON.stringify({ machine, pieces: [...measured.values()] }, undefined, 2)}\n`);
