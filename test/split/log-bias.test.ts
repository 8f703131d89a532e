import assert from 'node:assert/strict';
import type { Checkpointer, State } from '../../backend/base/checkpoint';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { contingency, qualityOf } from '../../backend/split/describe/quality';
import { LogBiasExperts } from '../../backend/split/methods/em/log-bias/experts';
import { comparePilesHere, gainPerToken, isWorse } from '../../backend/split/methods/em/log-bias/gains';
import { corpusOf, fitLogBias } from '../../backend/split/methods/em/log-bias/log-bias';
import {
  type Predictions,
  predictByFrequency,
  predictDocuments,
} from '../../backend/split/methods/em/log-bias/predictions';
import { logBiasHere } from '../../backend/split/methods/em/log-bias/run';
import { unitePiles } from '../../backend/split/methods/em/log-bias/unite';
import { generatedCorpus } from '../support/corpus';

const silent = { report: (): void => undefined, signal: new AbortController().signal };

describe('log-bias experts', () => {
  let model: LanguageModel;
  let documents: Int32Array[];
  let gold: string[];
  let predictions: Predictions;

  before(async () => {
    model = await LanguageModel.open('models/polymath-base');
    const rows = generatedCorpus(180).trim().split('\n');
    const parsed = rows.map((row) => JSON.parse(row) as { text: string; domain: string });
    documents = parsed.map(({ text }) => model.tokenizer.encode(text).subarray(0, 49));
    gold = parsed.map(({ domain }) => domain);
    predictions = await predictDocuments(model, documents, silent);
  });

  after(() => model.dispose());

  const nmi = (piles: Int32Array): number => qualityOf(contingency(piles, gold, 3)).nmi;

  it('begin with what the base model expects: large probabilities are its own, and all sum to 1', async () => {
    const { documents: read, spread } = predictions;
    assert.ok(Math.abs(spread.reduce((a, b) => a + b, 0) - 1) < 1e-9);
    const [losses] = await score(model, [documents[3]]);
    const { tokens, starts, ids, probabilities, rests } = read[3];
    let compared = 0;
    tokens.forEach((token, t) => {
      const kept = probabilities.subarray(starts[t], starts[t + 1]);
      assert.ok(Math.abs(kept.reduce((a, b) => a + b, rests[t]) - 1) < 1e-4);
      const place = ids.subarray(starts[t], starts[t + 1]).indexOf(token);
      if (place < 0) return;
      compared++;
      assert.ok(Math.abs(-Math.log(kept[place]) - losses[t]) < 1e-3);
    });
    assert.ok(compared > 5, `${compared} tokens`);
  });

  it('learn until they expect what their documents have', () => {
    const experts = new LogBiasExperts(predictions, corpusOf(predictions), 3, 1);
    const names = [...new Set(gold)];
    experts.beginWith([Int32Array.from(gold, (domain) => names.indexOf(domain))]);
    const distance = (): number => {
      const { counts, expected } = experts.save();
      return counts.reduce((sum, count, i) => sum + Math.abs(count - expected[i]), 0);
    };
    experts.round({ beta: 'kept', pseudoTokens: 1 });
    const before = distance();
    for (let round = 0; round < 10; round++) experts.round({ beta: 'kept', pseudoTokens: 1 });
    assert.ok(distance() < before / 3, `${distance()} after ${before}`);
  });

  it('find the domains from random piles, and piles are held against each other by held-out documents', async () => {
    const [train, validation] = [documents.slice(0, 150), documents.slice(150)];
    const names = [...new Set(gold)];
    const right = Int32Array.from(gold.slice(0, 150), (domain) => names.indexOf(domain));
    const mixed = Int32Array.from({ length: 150 }, (_, d) => d % 2);
    const found = await logBiasHere(model)({ documents: train, settings: { k: 3, seed: 4, starts: 2 } }, silent);
    const piles = Int32Array.from([...found.assignments, ...new Int32Array(30)]);
    const { nmi: agreement } = qualityOf(contingency(piles.subarray(0, 150), gold.slice(0, 150), 3));
    assert.ok(agreement > 0.95, `NMI ${agreement}`);
    const compared = { k: 3, seed: 4, piles: [right, mixed, found.assignments] };
    const gains = await comparePilesHere(model)({ documents: train, validation, settings: compared }, silent);
    const [ofRight, ofMixed, ofFound] = [0, 1, 2].map((division) => gainPerToken(gains, division));
    assert.ok(Math.abs(ofFound - ofRight) < 0.02, `${ofFound} and ${ofRight}`);
    assert.ok(ofMixed < ofRight - 0.2, `${ofMixed} and ${ofRight}`);
    assert.deepEqual([isWorse(gains, 0, 1), isWorse(gains, 1, 0)], [true, false]);
  });

  it('give pinned documents the piles that people gave them', async () => {
    const names = [...new Set(gold)];
    const pile = (d: number): number => (names.indexOf(gold[d]) + 1) % 3;
    const groups = [0, 1, 2, 3].map((d) => ({ rows: [d], name: `${d}`, pile: pile(d), apart: [] }));
    const settings = { k: 3, seed: 4, starts: 1, groups };
    const { assignments } = await logBiasHere(model)({ documents, settings }, silent);
    const kept = assignments.filter((found, d) => found === pile(d)).length;
    assert.ok(kept > 170, `${kept} of 180`);
  });

  it('go on after an interruption to the same bits', async () => {
    const fit = (watch: Parameters<typeof fitLogBias>[2]) =>
      fitLogBias(predictions, { k: 3, seed: 1, starts: 2 }, watch);
    const whole = await fit(silent);
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
    for (const last of [7, 23]) await assert.rejects(fit({ ...silent, checkpointer: until(last) }), /killed/);
    const resumed = await fit({ ...silent, checkpointer: until(Infinity) });
    assert.deepEqual(resumed.posteriors, whole.posteriors);
    assert.equal(resumed.gain, whole.gain);
  });

  it('of a model that only counts are a mixture of unigrams; piles that are alike are united first', async () => {
    const counted = predictByFrequency(documents, model.config.vocabularySize);
    const { posteriors } = await fitLogBias(counted, { k: 3, seed: 2, starts: 2 }, silent);
    const highest = (d: number): number => {
      const own = posteriors.subarray(d * 3, d * 3 + 3);
      return own.indexOf(Math.max(...own));
    };
    assert.ok(nmi(Int32Array.from(gold, (_, d) => highest(d))) > 0.95);
    // Two halves of each domain: the halves belong together.
    const names = [...new Set(gold)];
    const halves = Int32Array.from(gold, (domain, d) => 2 * names.indexOf(domain) + (d % 2));
    const corpus = corpusOf(counted);
    const united = unitePiles(counted, halves, { K: 6, k: 3, corpus, pseudoTokens: 500 });
    assert.equal(nmi(halves.map((pile) => united[pile])), 1);
  });
});
