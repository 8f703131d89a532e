import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdapters } from '../../backend/model/adapters/adapter';
import { writeMergedWeights } from '../../backend/model/merging/model';
import { Decoder } from '../../backend/model/decoding/decoder';
import {
  createExperts,
  expertCodec,
  loadExpert,
  openExpert,
  saveExpert,
  stackExperts,
} from '../../backend/model/experts/forms';
import { type ExpertStack, numbersOf } from '../../backend/model/experts/stack';
import { LanguageModel } from '../../backend/model/language-model';
import { score, scoreBatches } from '../../backend/model/score';
import { type StepResult, TrainStep, type TrainStepOptions } from '../../backend/model/training/train-step';
import { writeCompanions } from '../../backend/model/weights/companions';
import { defaultAdamW } from '../../backend/tensor/optimizer';
import { fixtureFolder, largestDifference } from '../support/fixtures';

const folders: Readonly<Record<string, string>> = {
  bundled: 'models/polymath-base',
  ...Object.fromEntries(
    ['llama', 'qwen3', 'gemma3_text', 'gpt2'].map((name) => [name, join(fixtureFolder, 'families', name)]),
  ),
};

for (const [name, base] of Object.entries(folders)) {
  describe(`experts with all weights of their own on ${name}`, () => {
    let model: LanguageModel;
    let folder: string;
    let texts: Int32Array[];

    before(async () => {
      model = await LanguageModel.open(base);
      folder = await mkdtemp(join(tmpdir(), 'polymath-'));
      const V = model.config.vocabularySize;
      texts = [9, 16, 5].map((length, t) => Int32Array.from({ length }, (_, i) => (7 + i * i * 31 + t * 13) % V));
    });

    after(async () => {
      await model.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    const [B, T] = [2, 8];
    const rows = (expert: number): Int32Array =>
      Int32Array.from({ length: B * (T + 1) }, (_, i) => (expert * 17 + i * 5) % model.config.vocabularySize);

    async function train(
      stack: ExpertStack,
      experts: readonly number[],
      options: Partial<TrainStepOptions> = {},
    ): Promise<StepResult> {
      const optimizer = { ...defaultAdamW, weightDecay: 0.1 };
      const step = await TrainStep.experts(model, stack, { optimizer, batch: { B, T }, ...options });
      const tokens = Int32Array.from(experts.flatMap((expert) => [...rows(expert)]));
      let result: StepResult | undefined;
      for (let i = 0; i < 3; i++) result = await step.run({ tokens, k: experts.length, B, T }, 1e-3);
      await step.fetch();
      await step.dispose();
      return result ?? assert.fail();
    }

    const fresh = (count: number): Promise<ExpertStack> => createExperts(model, 'full', { count, seed: 1 });

    /** An adapter whose B is not zero. */
    function adapter(): ExpertStack {
      const one = createAdapters(model.config, { rank: 2, alpha: 4, targets: 'all-linear' }, { count: 1, seed: 2 });
      one.parameters.data.forEach((value, i, all) => (all[i] = value === 0 ? 0.02 * Math.sin(i) : value));
      return one;
    }

    it('learn side by side what each learns alone, to the bit', async () => {
      const together = await fresh(2);
      const both = await train(together, [0, 1]);
      for (const expert of [0, 1]) {
        const alone = await fresh(1);
        const own = await train(alone, [expert]);
        assert.deepEqual([own.losses[0], own.norms[0]], [both.losses[expert], both.norms[expert]]);
        assert.deepEqual(numbersOf(alone, 0), numbersOf(together, expert));
      }
      assert.notDeepEqual(numbersOf(together, 0), numbersOf(together, 1));
      assert.ok(
        largestDifference([...(await score(model, texts))[1]], [...(await score(model, texts, await fresh(1)))[1]]) <
          1e-5,
      );
    });

    it('are kept, and lie on disk as models that say the same', async () => {
      const stack = await fresh(2);
      await train(stack, [0, 1]);
      const { save, restore } = expertCodec(model.config);
      const again = restore(structuredClone(save(stack)));
      for (const e of [0, 1]) assert.deepEqual(numbersOf(again, e), numbersOf(stack, e));
      const own = join(folder, 'B');
      await saveExpert(stack, 1, own, { folder: base, name: 'base' });
      assert.deepEqual(numbersOf(await loadExpert(own, model.config), 0), numbersOf(stack, 1));
      const [expected, alone] = [await score(model, texts, stack.part(1, 1)), await LanguageModel.open(own)];
      const said = await score(alone, texts);
      said.forEach((nats, i) => assert.ok(largestDifference(nats, expected[i]) < 1e-5));
      assert.ok((await readdir(own)).includes('config.json'));
      await alone.dispose();
    });

    it('stand beside adapters, and each says what it says alone', async () => {
      const own = await fresh(1);
      await train(own, [1]);
      const experts = [adapter(), own, adapter(), adapter()];
      const mixed = stackExperts(experts);
      const together = await score(model, texts, mixed);
      const hidden: Float32Array[] = [];
      await scoreBatches(model, [texts[1]], mixed, ({ hidden: states }) => void hidden.push(states ?? assert.fail()), {
        hidden: true,
      });
      assert.equal(hidden[0].length, 4 * (texts[1].length - 1) * model.config.hiddenSize);
      const decoder = await Decoder.create(model, mixed);
      const { logits } = await decoder.read(texts[1].subarray(0, 4));
      const next = await decoder.read(texts[1].subarray(4, 6), { each: true });
      assert.equal(next.rows, 2);
      decoder.dispose();
      for (const [e, expert] of experts.entries()) {
        const alone = await score(model, texts, expert);
        alone.forEach((nats, i) => {
          const n = nats.length;
          assert.ok(largestDifference(nats, together[i].subarray(e * n, (e + 1) * n)) < 1e-5);
        });
        const one = await Decoder.create(model, expert);
        const V = model.config.vocabularySize;
        const said = (await one.read(texts[1].subarray(0, 4))).logits;
        assert.ok(largestDifference(said, logits.subarray(e * V, (e + 1) * V)) < 1e-3);
        one.dispose();
      }
      assert.deepEqual(numbersOf(mixed.part(1, 2), 0), numbersOf(own, 0));
    });

    it('merge with adapters as W + Σ weight · (Wₑ − W), and one alone is itself', async () => {
      const own = await fresh(1);
      await train(own, [0]);
      const place = join(folder, 'merged-from');
      await saveExpert(own, 0, place, { folder: base, name: 'base' });
      const expert = await openExpert(place, model.config);
      const watch = { signal: new AbortController().signal, report: () => undefined };
      const merge = async (to: string, parts: Parameters<typeof writeMergedWeights>[1]): Promise<Float32Array> => {
        const made = await mkdtemp(join(folder, to));
        await writeMergedWeights(model, parts, made, { dtype: 'F32', watch });
        await writeCompanions(model, base, made, 'F32');
        return numbersOf(await loadExpert(made, model.config), 0);
      };
      assert.deepEqual(await merge('one', [{ expert, weight: 1 }]), numbersOf(own, 0));
      const lora = adapter().lanes[0];
      const added = await openExpert(await written(lora), model.config);
      const [w, we] = [numbersOf(await fresh(1), 0), numbersOf(own, 0)];
      const withAdapter = await merge('lora', [{ expert: added, weight: 1 }]);
      const mixed = await merge('mixed', [
        { expert, weight: 0.5 },
        { expert: added, weight: 0.25 },
      ]);
      const expected = w.map((x, i) => x + 0.5 * (we[i] - x) + 0.25 * (withAdapter[i] - x));
      assert.ok(largestDifference(mixed, expected) < 1e-6);
    });

    async function written(expert: ExpertStack): Promise<string> {
      const to = join(folder, 'adapter');
      await saveExpert(expert, 0, to, { folder: base, name: 'base' });
      return to;
    }
  });
}

describe('a model folder as an expert', () => {
  it('is refused on a base model of another shape, by what differs', async () => {
    const { config } = await LanguageModel.open(folders.llama);
    await assert.rejects(loadExpert(folders.bundled, config), (error: Error) => {
      assert.match(error.message, /polymath-base is no expert of this base model: its \w+ is .*, and here it is/);
      return true;
    });
  });
});
