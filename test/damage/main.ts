/** `node dist/test/damage/main.js [times] [seed]`: so many damaged projects, with what was told of them. */
import { damageProjects } from './mutations';

const [, , times = '300', seed = '1'] = process.argv;
const damages = await damageProjects(Number(times), Number(seed), ({ where, faults, told }) => {
  console.log(
    `${faults.length > 0 ? 'WRONG' : told ? 'told ' : 'same '} ${where}${faults.map((fault) => `\n  ${fault}`).join('')}`,
  );
});
const wrong = damages.filter(({ faults }) => faults.length > 0).length;
console.log(
  JSON.stringify({ times: damages.length, told: damages.filter(({ told }) => told).length, wrong, seed: Number(seed) }),
);
process.exit(wrong === 0 ? 0 : 1);
