import assert from 'node:assert/strict';
import type { Checkpointer, State } from '../../backend/base/checkpoint';
import { createAdapters } from '../../backend/model/adapters/adapter';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { TextGradients } from '../../backend/model/training/text-gradients';
import { contingency, qualityOf } from '../../backend/split/describe/quality';
import { gradientFeatures } from '../../backend/split/methods/em/gradients/features';
import { gradientsHere } from '../../backend/split/methods/em/gradients/run';
import { requireGradientMemory } from '../../backend/split/methods/em/gradients/shape';
import { runKmeans } from '../../backend/split/methods/kmeans/lloyd';
import { generatedCorpus } from '../support/corpus';

const silent = { report: (): void => undefined, signal: new AbortController().signal };
const settings = { rank: 2, alpha: 2, targets: 'all-linear', layers: 2 } as const;

const evenly = (tokens: Int32Array) => ({ tokens, weights: new Float32Array(tokens.length - 1).fill(1) });

describe('gradients of documents', () => {
  let model: LanguageModel;
  let documents: Int32Array[];
  let gold: string[];

  before(async () => {
    model = await LanguageModel.open('models/polymath-base');
    const rows = generatedCorpus(150).trim().split('\n');
    const parsed = rows.map((row) => JSON.parse(row) as { text: string; domain: string });
    documents = parsed.map(({ text }) => model.tokenizer.encode(text).subarray(0, 49));
    gold = parsed.map(({ domain }) => domain);
  });

  after(() => model.dispose());

  it('are the same alone and beside documents of other lengths; a slot without a text changes none', async () => {
    const adapter = createAdapters(model.config, settings, { count: 1, seed: 3 });
    const texts = [documents[0], documents[1].subarray(0, 9), documents[2].subarray(0, 20)];
    const together = await TextGradients.open(model, adapter, { slots: 4, length: 32 });
    const one = await TextGradients.open(model, adapter, { slots: 1, length: 32 });
    const all = await together.run(texts.map(evenly));
    const width = together.width;
    assert.equal(all.length, 3 * width);
    for (const [i, text] of texts.entries()) {
      const alone = await one.run([evenly(text)]);
      const size = Math.hypot(...alone);
      assert.ok(size > 1e-3, `text ${i} has a gradient of ${size}`);
      const apart = Math.hypot(...alone.map((value, at) => value - all[i * width + at]));
      assert.ok(apart < 1e-4 * size, `text ${i}: ${apart} of ${size}`);
    }
    await Promise.all([together.dispose(), one.dispose()]);
  });

  it('tell by how much a small step of the adapter changes the loss of a document', async () => {
    const adapter = createAdapters(model.config, settings, { count: 1, seed: 3 });
    const reader = await TextGradients.open(model, adapter, { slots: 1, length: 32 });
    const gradient = await reader.run([evenly(documents[0])]);
    await reader.dispose();
    const sum = async (): Promise<number> =>
      (await score(model, [documents[0]], adapter))[0].reduce((total, loss) => total + loss, 0);
    const before = await sum();
    const rate = 0.05 / gradient.reduce((square, value) => square + value * value, 0);
    let at = 0;
    for (const { name } of adapter.parameters.places) {
      if (!name.endsWith('.lora_B')) continue;
      const own = adapter.share(name, 0);
      own.forEach((_, i) => (own[i] -= rate * gradient[at + i]));
      at += own.length;
    }
    const gained = before - (await sum());
    assert.ok(Math.abs(gained - 0.05) < 0.005, `${gained} nats, should be near 0.05`);
  });

  it('find the domains, and pinned documents have the piles that people gave them', async () => {
    const nmi = (piles: Int32Array): number => qualityOf(contingency(piles, gold, 3)).nmi;
    const found = await gradientsHere(model)({ documents, settings: { k: 3, seed: 4 } }, silent);
    assert.ok(nmi(found.assignments) > 0.9, `NMI ${nmi(found.assignments)}`);
    assert.equal(found.posteriors.length, 3 * documents.length);
    const names = [...new Set(gold)];
    const pile = (d: number): number => (names.indexOf(gold[d]) + 1) % 3;
    const groups = [0, 1, 2].map((d) => ({ rows: [d], name: `${d}`, pile: pile(d), apart: [] }));
    const pinned = await gradientsHere(model)({ documents, settings: { k: 3, seed: 4, groups } }, silent);
    assert.deepEqual([...pinned.assignments.subarray(0, 3)], [0, 1, 2].map(pile));
  });

  it('find them too where directions are learned from a part of the documents, and the others are read afterwards', async () => {
    const all = await gradientFeatures(model, documents, { k: 3, seed: 4 }, silent);
    const rows = await gradientFeatures(model, documents, { k: 3, seed: 4, together: 60 }, silent);
    assert.deepEqual([rows.count, rows.width], [all.count, all.width]);
    const { assignments } = await runKmeans(rows, { k: 3, seed: 4, restarts: 20 });
    const { nmi } = qualityOf(contingency(assignments, gold, 3));
    assert.ok(nmi > 0.8, `NMI ${nmi}`);
  });

  it('go on after an interruption to the same piles', async () => {
    const task = { documents: documents.slice(0, 60), settings: { k: 3, seed: 1 } };
    const whole = await gradientsHere(model)(task, silent);
    const kept = new Map<string, State>();
    let offers = 0;
    const until = (last: number): Checkpointer => ({
      load: (name) => kept.get(name),
      finish: (name, result) => void kept.set(name, structuredClone(result)),
      offer: async (name, capture) => {
        kept.set(name, structuredClone(await capture()));
        if (++offers === last) throw new Error('killed');
      },
    });
    await assert.rejects(gradientsHere(model)(task, { ...silent, checkpointer: until(3) }), /killed/);
    const resumed = await gradientsHere(model)(task, { ...silent, checkpointer: until(Infinity) });
    assert.equal(offers, Math.ceil(60 / 8));
    assert.deepEqual(resumed, whole);
  });

  it('are refused where memory does not suffice', () => {
    requireGradientMemory(model.config, 1000, 2 ** 30);
    assert.throws(() => requireGradientMemory(model.config, 1000, 2 ** 26), /Gradients of the documents take about/);
  });
});
