// npm run fetch:smollm2: fetches SmolLM2-135M-Instruct as `polymath models pull smollm2` does, with what was built last.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const program = 'dist/backend/cli/main.js';
if (!existsSync(program)) {
  console.error('Polymath is not built here yet, and this builds nothing.\nBuild it first: npm run build');
  process.exit(1);
}
console.log('Fetching SmolLM2-135M-Instruct, as `polymath models pull smollm2` does; nothing is built.');
process.exit(spawnSync(process.execPath, [program, 'models', 'pull', 'smollm2'], { stdio: 'inherit' }).status ?? 1);
