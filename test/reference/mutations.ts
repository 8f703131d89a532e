/**
 * Reads many files with bytes changed at random, and says what came of them; a part of them is in `npm test`:
 *
 *     npm run build && node dist/test/reference/mutations.js [count] [seed]
 */
import { mutated, tryMutations } from '../support/mutations';

const [count = '300', seed = '1'] = process.argv.slice(2);
for (const kind of Object.keys(mutated)) {
  const { refused, same, other, faults } = await tryMutations(kind, Number(count), Number(seed));
  console.log(
    `${kind.padEnd(12)} ${refused} refused, ${same} as before, ${other} of another content, ${faults.length} faults`,
  );
  for (const fault of faults) console.log(fault);
  if (faults.length > 0) process.exitCode = 1;
}
