// node dist/bench/import-mutations.js [<mutations of each format>] [<seed>]: what damaged files of JSON, CSV and Parquet are read as.
import { mutateImports } from './mutations';

const [count = 300, seed = 1] = process.argv.slice(2).map(Number);
for (const { format, right, told, silent } of await mutateImports(count, seed)) {
  console.log(`${format}: ${count} damaged files, ${right} right, ${told} told, ${silent.length} wrong in silence`);
  for (const line of silent) console.log(`  ${line}`);
}
