import assert from 'node:assert/strict';
import type { Checkpointer, State } from '../../backend/base/checkpoint';
import type { Watch } from '../../backend/base/progress';
import { type TokenizedCorpus, tokenizeCorpus } from '../../backend/corpus/tokenized';
import { compareSystems, type ComparisonSettings, type ComparisonTables } from '../../backend/evaluate/compare';
import { type Computing, computeHere } from '../../backend/evaluate/computing';
import { comparisonOf, type ComparisonPlan } from '../../backend/evaluate/plan';
import { makeReport } from '../../backend/evaluate/report';
import { renderReport } from '../../backend/evaluate/report-page';
import { summarise } from '../../backend/evaluate/page/verdict';
import { trainCommonAdapter, trainSplit } from '../../backend/evaluate/systems';
import { weightings } from '../../backend/mixing/weightings';
import { LanguageModel } from '../../backend/model/language-model';
import type { CheckedMethod } from '../../backend/split/methods/split-method';
import { methodTable } from '../../backend/split/methods/table';
import { defaultTraining } from '../../backend/train/settings';
import { generatedCorpus } from '../support/corpus';
import { byVowel } from '../support/toy-weighting';

const silent: Watch = { report: () => undefined, signal: new AbortController().signal };

/** Two ways to split and three to cooperate, one of which only this test knows. */
const plan: ComparisonPlan = {
  splits: [
    { id: 'words', method: 'kmeans', label: 'By words', role: 'main' },
    { id: 'even', method: 'kmeans', values: { balanced: true }, label: 'By words, of one size' },
  ],
  systems: [
    { id: 'base', label: 'Base', phrase: 'the base', role: 'untrained', experts: 'none' },
    { id: 'one', label: 'One', phrase: 'one model for all', role: 'bar', experts: 'one' },
    { id: 'wide', label: 'Wide', phrase: 'one wide model', experts: 'wide' },
    { id: 'soup', label: 'Soup', phrase: 'experts merged', experts: 'merged', split: 'words' },
    ...(['words', 'even'] as const).map((split) => ({
      id: `${split}-vowels`,
      label: `${split}, by vowels`,
      phrase: `experts of ${split} by vowels`,
      experts: 'piles' as const,
      split,
      cooperation: byVowel.name,
    })),
    {
      id: 'near',
      label: 'By nearness',
      phrase: 'experts by nearness',
      role: 'main',
      experts: 'piles',
      split: 'words',
      cooperation: 'centroid',
    },
  ],
  variants: ['posterior', byVowel.name],
};

describe('the plan of a comparison', () => {
  it('has what was asked for, in that order, and the splits that it needs', () => {
    const all = comparisonOf({ controls: 'all' }, true);
    assert.deepEqual(
      all.splits.map(({ id, role }) => [id, role]),
      [
        ['random', undefined],
        ['kmeans', 'control'],
        ['unigram', 'control'],
        ['em', 'main'],
        ['gold', 'answers'],
      ],
    );
    assert.deepEqual(
      comparisonOf({ controls: 'all' }, false).systems.map(({ id }) => id),
      ['base', 'monolithic', 'wide', 'random', 'kmeans', 'unigram', 'em', 'merged', 'mixture'],
    );
    assert.deepEqual(
      comparisonOf({ controls: 'few' }, true).systems.map(({ id }) => id),
      ['base', 'monolithic', 'random', 'kmeans', 'mixture'],
    );
    const spelled = { id: 'near', experts: 'piles', split: 'kmeans', cooperation: 'centroid' } as const;
    const { systems, splits, variants } = comparisonOf(
      { systems: ['monolithic', spelled, 'random'], controls: 'few' },
      false,
    );
    assert.deepEqual(
      [systems.map(({ id, role }) => [id, role]), splits.map(({ id, role }) => [id, role]), variants.length],
      [
        [
          ['monolithic', 'bar'],
          ['near', 'main'],
          ['random', undefined],
        ],
        [
          ['kmeans', 'main'],
          ['random', undefined],
        ],
        4,
      ],
    );
    assert.throws(
      () => comparisonOf({ systems: ['gold', 'mixture'], controls: 'few' }, false),
      /gold needs the gold domain of every document/,
    );
    const full = (systems?: string[]) => comparisonOf({ systems, controls: 'all', adapter: 'full' }, false).systems;
    assert.ok(!full().some(({ id }) => id === 'wide'));
    assert.throws(() => full(['wide', 'mixture']), /weights are all trained cannot be made wider/);
    assert.throws(() => full(['merged', 'mixture']), /merged by `polymath merge`/);
  });
});

describe('a comparison of any systems', () => {
  const tables: ComparisonTables = { methods: methodTable, entries: [...weightings, byVowel] };
  const settings: ComparisonSettings = {
    plan,
    k: 2,
    seeds: [1],
    tokensPerSystem: 600,
    training: defaultTraining,
    em: { prefix: 16 },
  };
  let model: LanguageModel;
  let corpus: TokenizedCorpus;

  before(async () => {
    model = await LanguageModel.open('models/polymath-base');
    const documents = generatedCorpus(40)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; text: string; domain: string });
    const sides = { train: documents.slice(10), validation: documents.slice(0, 4), test: documents.slice(4, 10) };
    corpus = await tokenizeCorpus({ name: 'generated', ...sides }, model.tokenizer, silent);
  });

  after(() => model.dispose());

  it('trains and scores each by the one path, and reports them by ids and labels; an interrupted one goes on', async () => {
    const kept = new Map<string, State>();
    const checkpointer: Checkpointer = {
      load: (name) => kept.get(name),
      offer: () => Promise.resolve(),
      finish: (name, result) => kept.set(name, structuredClone(result)),
    };
    const compared = await compareSystems(computeHere(model), corpus, settings, { ...silent, checkpointer }, tables);
    kept.delete('seed 1');
    const again = await compareSystems(computeHere(model), corpus, settings, { ...silent, checkpointer }, tables);
    const { outcomes, final } = compared;
    assert.deepEqual(again.outcomes[0].scores, outcomes[0].scores);
    assert.deepEqual(again.final.fitted, final.fitted);
    assert.deepEqual([final.weighting, final.split.method, final.stack.count], ['centroid', 'kmeans', 2]);
    assert.ok(final.split.space);

    const { entries } = tables;
    const report = makeReport({
      version: '0',
      model,
      corpus,
      rejected: 0,
      settings,
      outcomes,
      seconds: 1,
      peakMiB: 1,
      entries,
    });
    assert.deepEqual(Object.keys(report.splits), ['words', 'even']);
    assert.deepEqual(Object.keys(report.perplexity), [
      'base',
      'one',
      'wide',
      'soup',
      'words-vowels',
      'even-vowels',
      'near',
    ]);
    assert.equal(report.perplexity['even-vowels'].routing, byVowel.detail);
    const ordered = ['near base', 'near one', 'near wide', 'near soup', 'near words-vowels', 'near even-vowels'];
    const others = ['base one', 'wide one', 'soup one', 'words-vowels one', 'even-vowels one'];
    const alone = (['base', 'one', 'wide', 'soup'] as const).map((id) => report.perplexity[id].macro);
    assert.ok(new Set(alone).size === 4);
    assert.deepEqual(
      report.comparisons.map(({ a, b }) => `${a} ${b}`),
      [...ordered, ...others],
    );
    const oracles = ['best expert of each document (oracle)', 'best expert of each token (oracle)'];
    const variants = ['posterior of the prefix', byVowel.label, ...oracles];
    const [ofDocuments, ofTokens] = oracles.map((name) => report.mixer?.variants?.[name] ?? NaN);
    assert.ok(ofTokens < ofDocuments && ofDocuments <= (report.mixer?.bestSingleNll ?? NaN));
    assert.deepEqual(Object.keys(report.mixer?.variants ?? {}), variants);
    assert.equal(report.specialisation?.split, 'words');
    assert.match(summarise(report).headline, /^The mixture of two experts predicts unseen text .* one model for all/);
    const page = renderReport(report);
    for (const { label } of [...plan.systems, ...plan.splits]) assert.ok(page.includes(label), label);
    assert.doesNotMatch(page, /NaN|undefined|\[object/);
  });

  it('lets all experts together learn as many tokens as one model, or each of them', async () => {
    const here = computeHere(model);
    const learned: number[] = [];
    const computing: Computing = {
      ...here,
      train: (training, watch) => {
        learned.push(training.tokens);
        return here.train(training, watch);
      },
    };
    const split = { name: 'halves', assignments: Int32Array.from(corpus.train, (_, d) => d % 2), k: 2 };
    const common = await trainCommonAdapter(computing, corpus, settings, silent);
    for (const matched of ['system', 'expert'] as const) {
      await trainSplit(computing, corpus, split, { ...settings, matched, common }, silent);
    }
    assert.deepEqual(learned.slice(1), [600, 1200]);
  });

  it('trains no expert of a pile without texts', async () => {
    const { kmeans } = methodTable;
    /** Three piles, of which the middle one is empty. */
    const gap: CheckedMethod = {
      ...kmeans,
      run: async (task, values) => {
        const { space, ...found } = await kmeans.run({ ...task, k: 2 }, values);
        assert.ok(space);
        const [r, { centroids }] = [space.centroids.length / 2, space];
        const spread = Float64Array.of(...centroids.subarray(0, r), ...new Float64Array(r), ...centroids.subarray(r));
        return {
          ...found,
          assignments: found.assignments.map((pile) => 2 * pile),
          space: { ...space, centroids: spread },
        };
      },
    };
    const given = { ...tables, methods: { ...methodTable, kmeans: gap } };
    const { outcomes, final } = await compareSystems(
      computeHere(model),
      corpus,
      { ...settings, k: 3, plan: { ...plan, variants: ['posterior'] } },
      silent,
      given,
    );
    assert.deepEqual([final.stack.count, final.piles], [2, [0, 2]]);
    assert.equal(
      final.shares.reduce((sum, share) => sum + share, 0),
      1,
    );
    const [{ scores, main, splits }] = outcomes;
    assert.equal(main.single.length, 2);
    assert.ok(scores.near.every(({ nll }) => Number.isFinite(nll)));
    assert.equal(splits.words.piles[1].name, 'empty');
  });
});
