import assert from 'node:assert/strict';
import { perplexityEm } from '../../backend/split/methods/em/perplexity-em';
import { defaultPerplexityEm, literalPerplexityEm } from '../../backend/split/methods/em/perplexity-settings';
import { meanEntropy, posteriorsOf } from '../../backend/split/methods/em/posteriors';
import { methodTable } from '../../backend/split/methods/table';
import { splitBy } from '../../backend/split/split-by';
import { contingency, qualityOf } from '../../backend/split/describe/quality';
import { LanguageModel } from '../../backend/model/language-model';
import type { Progress } from '../../backend/base/progress';
import { createRandom } from '../../backend/base/random';
import { generatedCorpus } from '../support/corpus';

const silent = { report: (): void => undefined, signal: new AbortController().signal };

describe('posteriors over experts', () => {
  it('the literal rule is inverse to the perplexity, β = 1 is Bayes', () => {
    const nats = Float64Array.of(20, 22);
    const literal = posteriorsOf(nats, 2, Float64Array.of(1 / 10));
    const [a, b] = [Math.exp(-20 / 10), Math.exp(-22 / 10)];
    assert.ok(Math.abs(literal[0] - a / (a + b)) < 1e-12);
    assert.ok(Math.abs(posteriorsOf(nats, 2, Float64Array.of(1))[1] - 1 / (1 + Math.exp(2))) < 1e-12);
    assert.ok(Math.abs(meanEntropy(Float64Array.of(0.5, 0.5), 2) - Math.log(2)) < 1e-12);
  });
});

describe('perplexity EM with the bundled model', () => {
  let model: LanguageModel;
  let documents: Int32Array[];
  let texts: string[];
  let gold: string[];

  before(async () => {
    model = await LanguageModel.open('models/polymath-base');
    const rows = generatedCorpus(120).trim().split('\n');
    const parsed = rows.map((row) => JSON.parse(row) as { text: string; domain: string });
    texts = parsed.map(({ text }) => text);
    documents = texts.map((text) => model.tokenizer.encode(text));
    gold = parsed.map(({ domain }) => domain);
  });

  after(() => model.dispose());

  it('mends a start in which a third of the documents lie in the wrong pile, and ends when little is gained', async () => {
    const random = createRandom(5);
    const names = [...new Set(gold)];
    const start = Int32Array.from(gold, (domain) =>
      random.uniform() < 0.33 ? random.below(3) : names.indexOf(domain),
    );
    const nmi = (piles: Int32Array): number => qualityOf(contingency(piles, gold, 3)).nmi;
    const settings = { ...defaultPerplexityEm, k: 3, seed: 2, prefix: 48, rounds: 8, settled: 0.05 };
    const result = await perplexityEm(
      model,
      documents,
      documents.slice(0, 6),
      { ...settings, commonTokens: 4000, tokensPerRound: 5000, start: { assignments: start } },
      silent,
    );
    assert.ok(nmi(start) < 0.5);
    assert.ok(nmi(result.assignments) > 0.8, `NMI ${nmi(result.assignments)} from ${nmi(start)}`);
    const told = result.rounds.map(({ churn, logLikelihood = 0 }) => ({ churn, logLikelihood }));
    assert.ok(told.length < 8 && told[0].churn > 0.1, JSON.stringify(told));
    // A round that predicts worse what its experts did not learn from is none.
    told.slice(1).forEach(({ logLikelihood }, i) => assert.ok(logLikelihood > told[i].logLikelihood));
    assert.ok(Math.abs(result.loss + (told.at(-1)?.logLikelihood ?? 0)) < 0.05, `${result.loss}`);
  });

  it('the literal rule stays undecided where Bayes would be certain, runs to its end, and reports its rounds', async () => {
    const settings = { ...literalPerplexityEm, k: 3, seed: 2, prefix: 16, block: 8, tokensPerRound: 6000 };
    const told: Progress['values'][] = [];
    const report = ({ values }: Progress): void => void (values?.churn !== undefined && told.push(values));
    const watch = { ...silent, report };
    const result = await perplexityEm(model, documents.slice(0, 48), documents.slice(0, 6), settings, watch);
    assert.equal(result.assignments.length, 48);
    // Undecided is what the rule makes of all documents, and says nothing of any.
    assert.ok(result.outliers.length < 12, `${result.outliers.length} outliers`);
    assert.deepEqual(
      told.map((values) => [values?.entropy, values?.churn, values?.dead, values?.['share C']]),
      result.rounds.map(({ entropy, churn, dead, shares }) => [entropy, churn, dead, shares[2]]),
    );
    assert.deepEqual(
      result.rounds.map(({ round, judged }) => [round, judged]),
      [8, 16, 24, 32, 40, 48].map((judged) => [1, judged]),
    );
    assert.ok((result.rounds[0].entropy ?? 0) > 0.3 * Math.log(3), JSON.stringify(result.rounds));
  });

  it('keeps the start with the least loss', async () => {
    const train = documents
      .slice(0, 60)
      .map((tokens, i) => ({ id: `${i}`, text: texts[i], tokens, bytes: texts[i].length }));
    const corpus = { name: 'generated', train, validation: [], test: [] };
    const em = { prefix: 16, rounds: 2, commonTokens: 500, tokensPerRound: 500 };
    const loss = async (seed: number, restarts: number): Promise<unknown> => {
      const task = { model, corpus, k: 3, seed, watch: silent };
      return (await splitBy(methodTable, 'em', task, { ...em, start: 'random', restarts })).settings.loss;
    };
    const each = [await loss(2, 1), await loss(2 + 1_000_003, 1)].map(Number);
    assert.notEqual(each[0], each[1]);
    assert.equal(await loss(2, 2), Math.min(...each));
  });

  it('goes by the first layers of the model, and says so where there are fewer', async () => {
    const proxy = model.firstLayers(2);
    const settings = { ...defaultPerplexityEm, capacity: 'sinkhorn' as const, k: 3, seed: 2, prefix: 32, rounds: 1 };
    const start = { assignments: Int32Array.from(gold, (domain) => [...new Set(gold)].indexOf(domain)) };
    const wishes = { commonTokens: 2000, tokensPerRound: 3000, start };
    const result = await perplexityEm(proxy, documents, documents.slice(0, 6), { ...settings, ...wishes }, silent);
    await proxy.dispose();
    assert.ok(qualityOf(contingency(result.assignments, gold, 3)).nmi > 0.8);
    assert.throws(() => model.firstLayers(9), /has 5 layers, not 9/);
  });
});
