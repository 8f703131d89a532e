/** `node dist/test/crash/main.js [kills] [seed] [kinds]`: the whole matrix or that of some kinds, with its figures. */
import { crashMatrix, kinds } from './matrix';

const [, , kills = '200', seed = '1', named = kinds.join()] = process.argv;
const only = kinds.filter((kind) => named.split(',').includes(kind));
const started = performance.now();
const result = await crashMatrix(Number(kills), Number(seed), 100, { only }, (line) => console.log(line));
console.log(
  JSON.stringify({ ...result, seed: Number(seed), seconds: Math.round((performance.now() - started) / 1000) }),
);
process.exit(0);
