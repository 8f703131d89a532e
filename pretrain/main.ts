/**
 * Reproduces the bundled base model: texts, tokenizer, weights, model card. `npm run pretrain`; what is there already is used,
 * and training goes on from its last checkpoint. Needs Debian 12 for its packages, and about two hours.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measureBitsPerByte } from '../bench/bits-per-byte-measure';
import { createProgressLine } from '../backend/cli/progress-line';
import { createTerminal } from '../backend/cli/terminal';
import type { Watch } from '../backend/base/progress';
import { writeCard } from './card';
import { prepare } from './prepare';
import { train } from './train';

const cache = join('.cache', 'pretrain');
const modelFolder = join('models', 'polymath-base');
const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort(new Error('stopped')));
const line = createProgressLine(createTerminal(process.stderr));
const watch: Watch = { signal: controller.signal, report: (progress) => line.report(progress) };

await mkdir(cache, { recursive: true });
await prepare(cache, modelFolder, watch);
await train(cache, modelFolder, watch);
await writeCard(cache, modelFolder, await measureBitsPerByte({ cache, modelFolder, fraction: 1 }, watch));
line.finish();
