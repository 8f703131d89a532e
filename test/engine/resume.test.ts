import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeBundle, encodeBundle, pack, unpack } from '../../backend/base/bundle';
import { type EmState, emState } from '../../backend/split/methods/em/em-state';
import { type EmMaterial, PerplexityEm, perplexityEm } from '../../backend/split/methods/em/perplexity-em';
import { defaultPerplexityEm, literalPerplexityEm } from '../../backend/split/methods/em/perplexity-settings';
import { LanguageModel } from '../../backend/model/language-model';
import type { Watch } from '../../backend/base/progress';
import { FileCheckpointer } from '../../backend/engine/checkpointer';
import { defaultTraining } from '../../backend/train/settings';
import { branchExperts } from '../../backend/train/trainer';
import { generatedCorpus } from '../support/corpus';

const silent: Watch = { report: () => undefined, signal: new AbortController().signal };

describe('work that is interrupted again and again', () => {
  let model: LanguageModel;
  let documents: Int32Array[];
  let folder: string;

  before(async () => {
    model = await LanguageModel.open('models/polymath-base');
    const rows = generatedCorpus(48).trim().split('\n');
    documents = rows.map((row) => model.tokenizer.encode((JSON.parse(row) as { text: string }).text));
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  after(() => model.dispose());

  /** Stops the work after every few offers, begins anew from the files, and so on to its end. */
  async function interrupted<T>(
    every: number,
    work: (watch: Watch) => Promise<T>,
  ): Promise<{ result: T; stops: number }> {
    for (let stops = 0; ; stops++) {
      const controller = new AbortController();
      const options = { interval: Infinity, note: () => ({}) };
      const { checkpointer } = await FileCheckpointer.open(folder, controller.signal, options);
      let offers = 0;
      const counting = {
        load: checkpointer.load.bind(checkpointer),
        finish: checkpointer.finish.bind(checkpointer),
        offer: (name: string, capture: Parameters<FileCheckpointer['offer']>[1]): Promise<void> => {
          if (++offers === every) controller.abort(new Error('stopped'));
          return checkpointer.offer(name, capture);
        },
      };
      try {
        return { result: await work({ ...silent, signal: controller.signal, checkpointer: counting }), stops };
      } catch (error) {
        if (!controller.signal.aborted) throw error;
      }
    }
  }

  it('training ends with the same weights, bit for bit', async () => {
    const texts = documents.map((tokens) => ({ tokens }));
    const piles = [texts.slice(0, 20), texts.slice(20, 30), []];
    const settings = { ...defaultTraining, context: 32 };
    const train = (watch: Watch): ReturnType<typeof branchExperts> =>
      branchExperts(model, piles, 1600, settings, watch);
    const { stack, losses } = await train(silent);
    const { result, stops } = await interrupted(7, train);
    assert.ok(stops >= 5, `${stops} stops`);
    assert.deepEqual(result.stack.parameters.data, stack.parameters.data);
    assert.deepEqual(result.losses, losses);
  });

  it('training of the upper layers, over texts that were read before, ends with the same weights, bit for bit', async () => {
    const texts = documents.map((tokens) => ({ tokens }));
    const piles = [texts.slice(0, 6), texts.slice(20, 24)];
    const settings = { ...defaultTraining, context: 32, lora: { ...defaultTraining.lora, layers: 2 } };
    const train = (watch: Watch): ReturnType<typeof branchExperts> =>
      branchExperts(model, piles, 6000, settings, watch);
    const { stack, losses } = await train(silent);
    const { result, stops } = await interrupted(30, train);
    assert.ok(stops >= 2, `${stops} stops`);
    assert.deepEqual(result.stack.parameters.data, stack.parameters.data);
    assert.deepEqual(result.losses, losses);
  });

  for (const [name, base] of Object.entries({ 'in whole rounds': defaultPerplexityEm, literal: literalPerplexityEm })) {
    it(`splitting by perplexity, ${name}, ends with the same piles and posteriors`, async () => {
      const settings = { ...base, k: 3, seed: 3, prefix: 16, rounds: 2, commonTokens: 640, tokensPerRound: 1500 };
      const split = (watch: Watch): ReturnType<typeof perplexityEm> =>
        perplexityEm(model, documents, documents.slice(0, 4), settings, watch);
      const undisturbed = await split(silent);
      const { result, stops } = await interrupted(9, split);
      assert.ok(stops >= 3, `${stops} stops`);
      assert.deepEqual(result, undisturbed);
    });
  }

  for (const [name, base] of Object.entries({
    whole: defaultPerplexityEm,
    'of blocks': { ...literalPerplexityEm, block: 12 },
  })) {
    it(`splitting by perplexity goes from process to process in rounds that are ${name}`, async () => {
      const settings = { ...base, k: 2, seed: 4, prefix: 16, rounds: 3, settled: 0, tokensPerRound: 900 };
      const texts = documents.slice(0, 24);
      const validation = documents.slice(24, 28);
      const material: EmMaterial = { model, documents: texts, validation, settings };
      const undisturbed = await perplexityEm(model, texts, validation, settings, silent);
      let state: EmState | undefined;
      for (;;) {
        const em = await PerplexityEm.open(material, state, silent);
        try {
          if (em.ended) {
            assert.deepEqual(await em.result(), undisturbed);
            break;
          }
          await em.round();
          // As bytes: nothing but the state goes on.
          const { json, arrays } = pack(await em.save());
          state = emState.parse(unpack(decodeBundle(encodeBundle(json, arrays))));
        } finally {
          await em.dispose();
        }
      }
      assert.throws(() => emState.parse({ ...state, random: undefined }), { name: 'ZodError' });
    });
  }
});
