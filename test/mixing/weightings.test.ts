import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Answerers } from '../../backend/answer/answerers';
import { mixtureKind } from '../../backend/answer/mixture';
import { UserError } from '../../backend/base/errors';
import type { Raw } from '../../backend/base/settings';
import { filesOf } from '../../backend/base/files';
import { mixtureScores, scoringContext, stretchesOf, stretchEvidence } from '../../backend/evaluate/perplexity';
import { mixtureCombine } from '../../backend/mixing/decode';
import { columnsOf } from '../../backend/mixing/base-column';
import { type Evidence, logWeights, mixtureNll, textNats } from '../../backend/mixing/evidence';
import { fitWeighting } from '../../backend/mixing/fit';
import { textEvidence } from '../../backend/mixing/text-evidence';
import type { FitEvidence, FittedWeighting, Weighting } from '../../backend/mixing/weighting';
import { openWeighting, weightingNamed, weightings } from '../../backend/mixing/weightings';
import { type AdapterStack, stackAdapters } from '../../backend/model/adapters/adapter';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { Decoder } from '../../backend/model/decoding/decoder';
import type { Combined } from '../../backend/model/decoding/generate';
import { LanguageModel } from '../../backend/model/language-model';
import { centroidScores } from '../../backend/split/methods/kmeans/lloyd';
import { kmeansByWords } from '../../backend/split/methods/kmeans/kmeans';
import { projectTexts } from '../../backend/split/features/word-features';
import { readSpace, splitSpace, writeSpace } from '../../backend/split/space';
import { logSoftmaxOf } from '../../backend/model/decoding/sampling';
import { baseModel, greedy, makeExperts, type TestExperts } from '../support/answerers';
import { byVowel } from '../support/toy-weighting';

const watch = { report: (): void => undefined, signal: new AbortController().signal };
const sea = ['The captain and the crew sail north with the tide.', 'The wind and the tide turn, and the crew sail on.'];
const kitchen = ['The cook stirs the soup and salts the bread.', 'The bread is warm, and the cook tastes the soup.'];
const text = ' The crew eat bread and soup while they sail with the wind, and the captain thanks the cook.';

/** No settings, one expert at a time, and each value of each setting that is not what is usual. */
function formsOf({ settings = {} }: Weighting): Raw[] {
  const chosen = Object.entries(settings).flatMap(([key, { form, usual }]): Raw[] => {
    if (form.type === 'choice') {
      const others = Object.keys(form.choices).filter((value) => value !== usual?.({}));
      return others.map((value) => ({ [key]: value }));
    }
    if (form.type === 'flag') return [{ [key]: true }];
    return [{ [key]: form.type === 'number' ? Math.min(3, (form.most ?? 3) / 2) : 3 }];
  });
  return [{}, { top: 1 }, ...chosen];
}

describe('weightings', () => {
  const entries = [...weightings, byVowel];
  let experts: TestExperts;
  let project: string;
  let model: LanguageModel;
  let stack: AdapterStack;
  let evidence: FitEvidence;

  before(async () => {
    experts = await makeExperts();
    project = await mkdtemp(join(tmpdir(), 'polymath-'));
    model = await LanguageModel.open(baseModel);
    stack = stackAdapters(await Promise.all(experts.adapters.map((folder) => loadAdapter(folder, model.config))));
    const { space, centroids } = await kmeansByWords([...sea, ...kitchen], { k: 2, seed: 1 });
    await writeSpace(project, 'split-abc123', splitSpace(space, centroids));
    const file = 'splits/split-abc123/space.bundle';
    const documents = [...sea, ...kitchen].map((one) => model.tokenizer.encode(one));
    evidence = {
      model,
      stack,
      seed: 1,
      shares: [0.3, 0.7],
      training: { documents, piles: Int32Array.of(0, 0, 1, 1) },
      validation: documents.slice(1, 3),
      space: { file, piles: [0, 1], read: () => readSpace(filesOf(project), file) },
    };
  });

  after(async () => {
    await model.dispose();
    await experts.remove();
    await rm(project, { recursive: true, force: true });
  });

  /** Fitted, then as it comes back from the project. */
  async function kept(entry: Weighting, values: Raw = {}): Promise<FittedWeighting> {
    const { weighting, validationNll } = await fitWeighting(entry, evidence, watch, values);
    assert.ok(validationNll > 0 && validationNll < 20);
    const json: unknown = JSON.parse(JSON.stringify(weighting.toJson()));
    return openWeighting(json, { k: 2, hiddenSize: model.config.hiddenSize }, filesOf(project), entries);
  }

  /**
   * What is said after each token but the last, as decoding finds it: a prompt of twice four tokens, told after each of them or after the
   * last of the four, then token by token.
   */
  async function decoded(weighting: FittedWeighting, tokens: Int32Array, each: boolean): Promise<Combined[]> {
    const columns = columnsOf(stack, weighting);
    const decoder = await Decoder.create(model, columns);
    const combine = mixtureCombine(weighting, model, columns);
    const told: Combined[] = [];
    for (let read = 0; read + 1 < tokens.length;) {
      const piece = tokens.subarray(read, (read += read < 8 ? 4 : 1));
      const distributions = await combine(await decoder.read(piece, { each }), piece);
      for (let row = 0; row < (each ? piece.length : 1); row++)
        told[read - (each ? piece.length - row : 1)] = distributions(row);
    }
    decoder.dispose();
    return told;
  }

  for (const [entry, values] of entries.flatMap((entry) => formsOf(entry).map((values) => [entry, values] as const))) {
    const told = Object.entries(values).map(([key, value]) => `, ${key} ${String(value)}`);
    it(`${entry.name}${told.join('')}: weights sum to one, bound the loss, and are the same in decoding and in scoring`, async () => {
      const weighting = await kept(entry, values);
      const tokens = model.tokenizer.encode(text);
      const [[scored]] = await textEvidence(model, stack, weighting, [[tokens]]);
      const [weights] = logWeights(weighting, [scored]);
      const [nll, [nats]] = [mixtureNll(scored, weights), textNats(weighting, [scored])];
      const [{ k }, { n }] = [weighting, scored];
      const [found, each] = [await decoded(weighting, tokens, false), await decoded(weighting, tokens, true)];
      for (let t = 0; t < n; t++) {
        const now = Array.from({ length: k }, (_, e) => weights[e * n + t]);
        assert.ok(Math.abs(now.reduce((sum, log) => sum + Math.exp(log), 0) - 1) < 1e-9);
        now.forEach((log, e) => assert.ok(nll[t] <= scored.nll[e * n + t] - log + 1e-9));
        assert.ok(now.filter((log) => log > -Infinity).length <= Number(values.top ?? k));
        now.forEach((log, e) => {
          assert.ok(Math.abs(Math.exp(log) - each[t].weights[e]) < 1e-3);
          if (t === 3 || t >= 7) assert.ok(Math.abs(Math.exp(log) - found[t].weights[e]) < 1e-3);
        });
        const { logProbabilities } = each[t];
        assert.ok(Math.abs(logProbabilities.reduce((sum, log) => sum + Math.exp(log), 0) - 1) < 1e-5);
        assert.ok(Math.abs(nats[t] + logProbabilities[tokens[t + 1]]) < 1e-3);
      }
    });
  }

  it('a long text is scored under what was read of it so far, where a weighting remembers that', async () => {
    // The first stretch ends with a word that the toy weighting goes by.
    const texts = Array.from({ length: 20 }, (_, n) => model.tokenizer.encode(' so'.repeat(n) + text.repeat(14)));
    const tokens = texts.find((one) => /^\s*[aeiou]/i.test(model.tokenizer.decode([one[scoringContext]])));
    assert.ok(tokens);
    const long = { id: 'long', bytes: 1, tokens };
    for (const entry of entries) {
      const weighting = await kept(entry);
      const stretches = await stretchEvidence(model, [long.tokens], stack, weighting, () => undefined);
      assert.ok(stretches[0].length > 1);
      const [{ nll }] = mixtureScores([long], stretches, weighting);
      const nats = async (stretch: Evidence, i: number): Promise<number> => {
        const alone =
          weighting.exponents && (await textEvidence(model, stack, weighting, [[stretchesOf(tokens)[i]]]))[0];
        return mixtureScores([long], [alone ?? [stretch]], weighting)[0].nll;
      };
      const apart = await Promise.all(stretches[0].map(nats));
      const difference = Math.abs(nll - apart.reduce((sum, nats) => sum + nats, 0));
      const forgets = weighting.memory === 'stretch' || ['uniform', 'best-by-validation'].includes(entry.name);
      assert.equal(difference < 1e-6, forgets, `${entry.name}: ${difference}`);
    }
  });

  it('one that a test adds answers and scores like those of the house', async () => {
    const weighting = await kept(byVowel);
    const answerers = new Answerers([mixtureKind(entries)]);
    const answerer = { kind: 'mixture', model: baseModel, adapters: experts.adapters, mixer: weighting.toJson() };
    const settings = greedy(6);
    await answerers.use({ answerer, device: 'cpu', precision: 'full' }, async (mixture) => {
      const { tokens, text: answer } = await mixture.answer('The cook', settings, {
        signal: watch.signal,
        onToken: () => undefined,
      });
      assert.ok(tokens.every(({ weights }) => Math.abs(Math.max(...weights) - 0.9) < 1e-9));
      const [nats] = await mixture.score([{ text: answer, after: 'The cook' }]);
      tokens.forEach(({ logProbability }, t) => assert.ok(Math.abs(nats[t] + (logProbability ?? NaN)) < 1e-3));
    });
  });

  it('the centroid weighting places a text where k-means would, at T = 0.1', async () => {
    const { space, centroids } = await kmeansByWords([...sea, ...kitchen], { k: 2, seed: 1 });
    const scores = centroidScores(projectTexts(space, ['the captain salts the bread and the wind']), centroids);
    const expected = logSoftmaxOf(
      scores.map((score) => score / 0.1),
      0,
      2,
    );
    const read = (await kept(weightingNamed('centroid'))).start();
    const none = { losses: new Float64Array(2), opinions: new Float64Array(2) };
    assert.deepEqual([...read({ ...none, text: '' })], [Math.log(0.5), Math.log(0.5)]);
    // The last word grows until something else follows it.
    for (const piece of ['the cap', 'tain sal', 'ts the bread and the wi', 'nd', '. so'])
      read({ ...none, text: piece });
    const found = read({ ...none, text: 'u' });
    found.forEach((log, e) => assert.ok(Math.abs(log - expected[e]) < 1e-4));
  });

  it('of version 0.1.0 has no name and is the probe', async () => {
    const { weighting: _, ...former } = experts.mixer as Record<string, unknown>;
    const weighed = { k: 2, hiddenSize: model.config.hiddenSize };
    assert.deepEqual((await openWeighting(former, weighed, filesOf(project))).toJson(), experts.mixer);
  });

  it('is refused plainly where it is unknown, damaged, of other experts, or the split has no centroids', async () => {
    const weighed = { k: 2, hiddenSize: model.config.hiddenSize };
    assert.throws(() => weightingNamed('guess'), UserError);
    for (const json of [null, { weighting: 'uniform' }, { weighting: 'posterior', shares: [1] }, {}]) {
      await assert.rejects(openWeighting(json, weighed, filesOf(project)), UserError);
    }
    const { space: _, ...elsewhere } = evidence;
    await assert.rejects(weightingNamed('centroid').fit(elsewhere, watch, {}), UserError);
    await assert.rejects(readSpace(filesOf(project), 'splits/split-none00/space.bundle'), UserError);
  });
});
