/** `node dist/test/crash/main.js [kills] [seed]`: the whole matrix, with its figures. */
import { crashMatrix } from './matrix';

const [, , kills = '200', seed = '1'] = process.argv;
const started = performance.now();
const result = await crashMatrix(Number(kills), Number(seed), 100, {}, (line) => console.log(line));
console.log(
  JSON.stringify({ ...result, seed: Number(seed), seconds: Math.round((performance.now() - started) / 1000) }),
);
process.exit(0);
