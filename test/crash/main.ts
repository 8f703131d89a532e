/**
 * `node dist/test/crash/main.js [kills] [seed] [kinds]`: the whole matrix or that of some kinds, with its figures. `workers` in the place
 * of kinds: runs whose tasks go to workers of a queue.
 */
import { crashMatrix, kinds } from './matrix';
import { workersMatrix } from './workers';

const [, , kills = '200', seed = '1', named = kinds.join()] = process.argv;
const only = kinds.filter((kind) => named.split(',').includes(kind));
const started = performance.now();
const log = (line: string): void => console.log(line);
const result =
  named === 'workers'
    ? await workersMatrix({ kills: Number(kills), seed: Number(seed), documents: 100, workers: 4, log })
    : await crashMatrix(Number(kills), Number(seed), 100, { only }, log);
console.log(
  JSON.stringify({ ...result, seed: Number(seed), seconds: Math.round((performance.now() - started) / 1000) }),
);
process.exit(0);
