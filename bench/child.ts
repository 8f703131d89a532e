// Does one piece of work in a process of its own, so that its peak memory is its own: child.js <group>
// <piece> <cache> <threads>, then as contender.ts says. With `child.js models <cache>` it writes the models' folders.
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LanguageModel } from '../backend/model/language-model';
import { createClock } from './clock';
import type { Ready, Sample } from './contender';
import { Yardstick } from './gemm';
import { modelFolder, models } from './models';
import { groups, type Piece } from './pieces';

async function serve(
  { model, prepare, inner, precision = 'full', products = 'full' }: Piece,
  cache: string,
  threads: number,
): Promise<void> {
  const requests = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  await requests.next();
  const clock = createClock(threads);
  const folder = await modelFolder(cache, models[model]);
  const opened = await LanguageModel.open(folder, { threads, precision, products });
  const { run, ...ready } = await prepare(opened);
  const loss = await run();
  say({ ...ready, ...(loss === undefined ? {} : { loss }) });
  const yardstick = await Yardstick.create(models[model].config, threads);
  while ((await requests.next()).done !== true) {
    const before = await yardstick.burst(clock);
    const begin = clock();
    for (let i = 0; i < inner; i++) await run();
    const seconds = (clock() - begin) / inner;
    const gemm = Math.max(before, await yardstick.burst(clock));
    say({ seconds, gemm, peakMiB: process.resourceUsage().maxRSS / 1024 });
  }
}

function say(message: Ready | Sample): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

// Rounded weights lie beside the models, not in the user's cache.
process.env.POLYMATH_CACHE = join('.cache', 'bench', 'polymath');
const [, , first, ...rest] = process.argv;
if (first === 'models') {
  for (const model of Object.values(models)) await modelFolder(rest[0], model);
} else {
  const [piece, cache, threads] = rest;
  await serve(groups[Number(first)].pieces[Number(piece)], cache, Number(threads));
}
