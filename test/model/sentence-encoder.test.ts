import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SentenceEncoder } from '../../backend/model/sentence-encoder';
import { UserError } from '../../backend/base/errors';
import { vocabularies } from '../support/corpus';
import { writeEncoder } from '../support/encoder';

describe('sentence encoders', () => {
  let root: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'polymath-'));
    await writeEncoder(join(root, 'encoder'));
  });

  after(() => rm(root, { recursive: true, force: true }));

  it('give a vector of length 1 per text, the same whatever stands beside it', async () => {
    const encoder = await SentenceEncoder.open(join(root, 'encoder'));
    const { kitchen, court } = vocabularies;
    const texts = [kitchen.join(' '), 'butter', court.join(' ').repeat(40), 'oven butter', 'judge', ''];
    const all = await encoder.encode(texts);
    const vector = (i: number): number[] => [...all.values.subarray(i * all.width, (i + 1) * all.width)];
    const cosine = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
    for (const i of [0, 1, 2, 3, 4]) assert.ok(Math.abs(cosine(vector(i), vector(i)) - 1) < 1e-5, texts[i]);
    assert.ok(vector(5).every((x) => x === 0));
    assert.ok(cosine(vector(1), vector(3)) > cosine(vector(1), vector(4)) + 0.3);
    assert.ok(cosine(vector(2), vector(4)) > cosine(vector(2), vector(0)) + 0.3);
    const alone = await encoder.encode(['butter']);
    assert.ok(cosine([...alone.values], vector(1)) > 1 - 1e-6);
    await encoder.dispose();
  });

  it('say what a folder lacks, or what of it cannot be read', async () => {
    await assert.rejects(SentenceEncoder.open(root), (error: UserError) => /no onnx.model\.onnx/.test(error.message));
    const broken = join(root, 'broken');
    await writeEncoder(broken);
    await writeFile(join(broken, 'onnx/model.onnx'), 'no model');
    await assert.rejects(
      SentenceEncoder.open(broken),
      (error) => error instanceof UserError && /broken/.test(error.message),
    );
    await mkdir(join(broken, '1_Pooling'));
    await writeFile(join(broken, '1_Pooling/config.json'), '{');
    await assert.rejects(
      SentenceEncoder.open(broken),
      (error) => error instanceof UserError && /pooling/.test(error.message),
    );
  });
});
