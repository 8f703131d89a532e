import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeBundle, encodeBundle, pack, unpack } from '../../backend/base/bundle';
import { type EmState, emState } from '../../backend/split/methods/em/em-state';
import { expertsHere } from '../../backend/split/methods/em/em-experts';
import { type EmMaterial, PerplexityEm, perplexityEm } from '../../backend/split/methods/em/perplexity-em';
import {
  defaultPerplexityEm,
  literalPerplexityEm,
  perplexitySettingsOf,
} from '../../backend/split/methods/em/perplexity-settings';
import { defaultLora } from '../../backend/model/adapters/adapter';
import type { ExpertStack } from '../../backend/model/experts/stack';
import { LanguageModel } from '../../backend/model/language-model';
import type { Watch } from '../../backend/base/progress';
import { FileCheckpointer } from '../../backend/engine/checkpointer';
import { defaultTraining } from '../../backend/train/settings';
import { branchExperts } from '../../backend/train/trainer';
import { generatedCorpus } from '../support/corpus';
import { fixtureFolder } from '../support/fixtures';

const weightsOf = ({ lanes }: ExpertStack): Float32Array[] => lanes.map(({ parameters }) => parameters.data);

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

  /** A model so small that all its weights are learned in no time, and the documents in its tokens. */
  async function tinyTexts(): Promise<{ tiny: LanguageModel; texts: Int32Array[] }> {
    const tiny = await LanguageModel.open(join(fixtureFolder, 'families', 'llama'));
    const V = tiny.config.vocabularySize;
    return { tiny, texts: documents.map((tokens) => tokens.subarray(0, 17).map((id) => id % V)) };
  }

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
    assert.deepEqual(weightsOf(result.stack), weightsOf(stack));
    assert.deepEqual(result.losses, losses);
  });

  it('training of all weights ends with the same weights, bit for bit', async () => {
    const { tiny, texts } = await tinyTexts();
    const learned = texts.map((tokens) => ({ tokens }));
    const piles = [learned.slice(0, 20), learned.slice(20, 30)];
    const settings = { ...defaultTraining, context: 16, expert: 'full', learningRate: 1e-2 } as const;
    const validation = { piles: [texts.slice(40, 44), texts.slice(44)], every: 4, patience: 2 };
    const train = (watch: Watch): ReturnType<typeof branchExperts> =>
      branchExperts(tiny, piles, 1600, settings, watch, { validation });
    const { stack, ...figures } = await train(silent);
    const { result, stops } = await interrupted(9, train);
    assert.ok(stops >= 5, `${stops} stops`);
    assert.deepEqual(weightsOf(result.stack), weightsOf(stack));
    assert.deepEqual(result.losses, figures.losses);
    assert.deepEqual(result.validation, figures.validation);
    await tiny.dispose();
  });

  it('training of the upper layers, over texts that were read before, ends with the same weights, bit for bit', async () => {
    const texts = documents.map((tokens) => ({ tokens }));
    const piles = [texts.slice(0, 6), texts.slice(20, 24)];
    const settings = { ...defaultTraining, context: 32, expert: { ...defaultLora, layers: 2 } };
    const train = (watch: Watch): ReturnType<typeof branchExperts> =>
      branchExperts(model, piles, 6000, settings, watch);
    const { stack, losses } = await train(silent);
    const { result, stops } = await interrupted(30, train);
    assert.ok(stops >= 2, `${stops} stops`);
    assert.deepEqual(weightsOf(result.stack), weightsOf(stack));
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

  it('splitting by perplexity, of experts that learn all weights, ends with the same piles and posteriors', async () => {
    const { tiny, texts: all } = await tinyTexts();
    const learned = { ...perplexitySettingsOf({ literal: false, prefix: 8, adapter: 'full' }), k: 2, seed: 3 };
    const settings = { ...learned, rounds: 2, settled: 0, commonTokens: 320, tokensPerRound: 400 };
    const texts = all.slice(0, 24).map((tokens) => tokens.subarray(0, 9));
    const split = (watch: Watch): ReturnType<typeof perplexityEm> =>
      perplexityEm(tiny, texts, texts.slice(0, 4), settings, watch);
    const undisturbed = await split(silent);
    const { result, stops } = await interrupted(9, split);
    assert.ok(stops >= 3, `${stops} stops`);
    assert.deepEqual(result, undisturbed);
    await tiny.dispose();
  });

  for (const [name, base] of Object.entries({
    whole: defaultPerplexityEm,
    'of blocks': { ...literalPerplexityEm, block: 12 },
  })) {
    it(`splitting by perplexity goes from process to process in rounds that are ${name}`, async () => {
      const settings = { ...base, k: 2, seed: 4, prefix: 16, rounds: 3, settled: 0, tokensPerRound: 900 };
      const texts = documents.slice(0, 24);
      const validation = documents.slice(24, 28);
      const { tokenizer } = model;
      const material: EmMaterial = { tokenizer, documents: texts, validation, settings };
      const undisturbed = await perplexityEm(model, texts, validation, settings, silent);
      let state: EmState | undefined;
      for (;;) {
        const em = await PerplexityEm.open(expertsHere(model), material, state, silent);
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
