import assert from 'node:assert/strict';
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Watch } from '../../backend/base/progress';
import { createRandom } from '../../backend/base/random';
import { progressOf } from '../../pretrain/checkpoint';
import { type Recipe, recipe as bundledRecipe } from '../../pretrain/recipe';
import { decay, decayedFolder, modelFolder, train } from '../../pretrain/train';

const config = { ...bundledRecipe.config, vocabularySize: 40, hiddenSize: 16, layers: 1, heads: 2, keyValueHeads: 1 };
const recipe: Recipe = {
  ...bundledRecipe,
  config: { ...config, headSize: 8, feedForwardSize: 24, maxPositions: 16 },
  rows: 2,
  context: 8,
  steps: 12,
  warmup: 4,
  decay: { steps: 100, share: 0.5 },
};

/** Stops when so many steps are made. */
function watchUntil(steps: number): Watch {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    report: ({ done }) => {
      if (done >= steps * recipe.rows * recipe.context) controller.abort(new Error('stopped'));
    },
  };
}

describe('pretraining', () => {
  const folders: string[] = [];
  const tell = (): Promise<void> => Promise.resolve();

  async function newCache(): Promise<string> {
    const cache = await mkdtemp(join(tmpdir(), 'polymath-pretrain-'));
    folders.push(cache);
    const random = createRandom(1);
    await writeFile(
      join(cache, 'train.u16'),
      Uint16Array.from({ length: 3000 }, () => random.below(40)),
    );
    return cache;
  }
  after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  const weights = (folder: string): Promise<Buffer> => readFile(join(folder, 'model.safetensors'));
  const run = (cache: string, until: number, bundled = cache): Promise<void> =>
    train({ cache, bundled }, recipe, watchUntil(until), tell);
  /** Each step with its thousandths of the peak learning rate. */
  async function rates(cache: string): Promise<(readonly [number, number])[]> {
    const lines = (await readFile(join(cache, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    return lines.map((line) => {
      const { step, learningRate } = JSON.parse(line) as { step: number; learningRate: number };
      return [step, Math.round((1000 * learningRate) / recipe.peakLearningRate)];
    });
  }

  it('that is stopped goes on to the same weights; the decay leaves the stable phase as it is', async () => {
    const whole = await newCache();
    await run(whole, Infinity);
    const parts = await newCache();
    await assert.rejects(run(parts, 5), /stopped/);
    await decay({ cache: parts }, recipe, watchUntil(Infinity), tell);
    assert.deepEqual(await progressOf(decayedFolder(parts)), { steps: 8, tokensSeen: 128 });
    assert.notDeepEqual(await weights(decayedFolder(parts)), await weights(modelFolder(parts)));
    await run(parts, Infinity);
    assert.deepEqual(await weights(modelFolder(parts)), await weights(modelFolder(whole)));
    const decayed = (await rates(parts)).slice(5, 8);
    assert.deepEqual(decayed, [[5, 1000], [6, 667], [7, 333]]); // prettier-ignore
  });

  it('goes on from the bundled weights where there is no checkpoint, with a new rise of the learning rate', async () => {
    const before = await newCache();
    await assert.rejects(run(before, 6), /stopped/);
    const bundled = await newCache();
    await cp(modelFolder(before), bundled, { recursive: true });
    await writeFile(join(bundled, 'tokenizer.json'), '{}');
    const after = await newCache();
    await run(after, Infinity, bundled);
    assert.deepEqual((await rates(after)).slice(0, 4), [[6, 250], [7, 500], [8, 750], [9, 1000]]); // prettier-ignore
    assert.equal((await progressOf(modelFolder(after))).steps, recipe.steps);

    const other = await newCache();
    await copyFile(join(bundled, 'config.json'), join(other, 'config.json'));
    await assert.rejects(run(other, 1), /stopped/);
    assert.equal((await rates(other))[0][0], 0);
  });
});
