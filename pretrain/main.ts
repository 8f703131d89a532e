/**
 * Makes the bundled base model: `npm run pretrain [step …]`, all steps by default.
 *
 *     texts    texts, tokenizer and tokens, in Polymath's cache folder; needs Debian 12 for its packages
 *     train    the stable phase, until it is stopped (Ctrl-C, SIGTERM); goes on from its last checkpoint
 *     decay    from the last checkpoint to weights that can be used; the stable phase can go on afterwards
 *     publish  the decayed weights, tokenizer and model card into models/polymath-base
 *
 * What is there already is used. On another machine `train` goes on from the bundled weights.
 */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measureBitsPerByte, modelBitsPerByte } from '../bench/bits-per-byte-measure';
import { cacheFolder } from '../backend/base/cache-folder';
import { UserError } from '../backend/base/errors';
import { exists } from '../backend/base/files';
import type { Watch } from '../backend/base/progress';
import { createProgressLine } from '../backend/cli/progress-line';
import { createTerminal } from '../backend/cli/terminal';
import { writeCard } from './card';
import { prepare } from './prepare';
import { recipe } from './recipe';
import { type AtCheckpoint, decay, decayedFolder, modelFolder, train } from './train';

/** Steps between measurements on the Brown corpus, and the part of its passages that is read. */
const [stepsBetweenMeasurements, fraction] = [400, 0.02];

const cache = join(cacheFolder(), 'pretrain');
const bundled = join('models', 'polymath-base');
const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort(new Error('stopped')));
const line = createProgressLine(createTerminal(process.stderr));
const watch: Watch = { signal: controller.signal, report: (progress) => line.report(progress) };

/** Of the weights in a folder as they come. */
const tellOf =
  (model: string): AtCheckpoint =>
  async ({ steps, loss }) => {
    const measured = steps % stepsBetweenMeasurements === 0 ? await modelBitsPerByte(model, fraction) : undefined;
    const figures =
      measured === undefined ? '' : `, ${measured.toFixed(4)} bits per byte of Brown (${100 * fraction} %)`;
    console.log(`${new Date().toISOString()} step ${steps}, loss ${loss.toFixed(3)}${figures}`);
  };

const steps: Record<string, () => Promise<void>> = {
  texts: () => prepare(cache, bundled, watch),
  train: () => train({ cache, bundled }, recipe, watch, tellOf(modelFolder(cache))),
  decay: async () => {
    const model = decayedFolder(cache);
    await mkdir(model, { recursive: true });
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
      await cp(join(modelFolder(cache), name), join(model, name));
    }
    await decay({ cache }, recipe, watch, tellOf(model));
  },
  publish: async () => {
    const model = decayedFolder(cache);
    if (!(await exists(model))) throw new UserError('There are no decayed weights.', 'Run: npm run pretrain decay');
    await cp(model, bundled, { recursive: true });
    const report = await measureBitsPerByte({ cache, modelFolder: bundled, fraction: 1 }, watch);
    await writeCard(cache, bundled, report);
  },
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in steps));
if (unknown !== undefined) throw new Error(`There is no step "${unknown}": ${Object.keys(steps).join(', ')}.`);
await mkdir(cache, { recursive: true });
for (const [name, work] of Object.entries(steps)) if (asked.length === 0 || asked.includes(name)) await work();
line.finish();
