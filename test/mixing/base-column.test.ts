import assert from 'node:assert/strict';
import { createRandom } from '../../backend/base/random';
import { columnsOf } from '../../backend/mixing/base-column';
import { logWeights, textNats } from '../../backend/mixing/evidence';
import { fitWeighting } from '../../backend/mixing/fit';
import { mixtureSpeaker } from '../../backend/mixing/speaker';
import { textEvidence } from '../../backend/mixing/text-evidence';
import type { FitEvidence } from '../../backend/mixing/weighting';
import { contrast } from '../../backend/mixing/weightings/contrast/contrast';
import { probeWeighting } from '../../backend/mixing/weightings/probe/probe';
import { recent } from '../../backend/mixing/weightings/recent/recent';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { createExperts, stackExperts } from '../../backend/model/experts/forms';
import type { ExpertStack } from '../../backend/model/experts/stack';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { baseModel, makeExperts, type TestExperts } from '../support/answerers';

const watch = { report: (): void => undefined, signal: new AbortController().signal };
const texts = ['The captain and the crew sail north with the tide.', 'The cook stirs the soup and salts the bread.'];

describe('the base model beside its experts', () => {
  let experts: TestExperts;
  let model: LanguageModel;
  let sequences: Int32Array[];
  const stacks = new Map<string, ExpertStack>();

  before(async () => {
    // The second adapter leaves most layers alone.
    experts = await makeExperts({ rank: 2, alpha: 16, targets: ['down_proj'], layers: 1 });
    model = await LanguageModel.open(baseModel);
    const adapters = await Promise.all(experts.adapters.map((folder) => loadAdapter(folder, model.config)));
    const full = await createExperts(model, 'full', { count: 1, seed: 1 });
    const [{ parameters }] = full.lanes;
    parameters.data.forEach((value, i) => (parameters.data[i] = value * (1 + ((i % 5) - 2) / 100)));
    stacks.set('adapters that differ', stackExperts(adapters));
    stacks.set('an expert with all weights of its own among adapters', stackExperts([full, adapters[0]]));
    stacks.set('experts with all weights of their own', stackExperts([full, full]));
    sequences = texts.map((text) => model.tokenizer.encode(text));
  });

  after(async () => {
    await model.dispose();
    await experts.remove();
  });

  const given = (stack: ExpertStack): FitEvidence => ({
    ...{ model, stack, seed: 1, shares: [0.5, 0.5] },
    ...{ training: { documents: sequences, piles: Int32Array.of(0, 1) }, validation: sequences },
  });

  for (const name of [
    'adapters that differ',
    'an expert with all weights of its own among adapters',
    'experts with all weights of their own',
  ]) {
    it(`says what it says alone, and the experts what they said without it: ${name}`, async () => {
      const stack = stacks.get(name);
      assert.ok(stack);
      const columns = await score(model, sequences, columnsOf(stack, { base: 'weighed' }));
      const [alone, without] = [await score(model, sequences), await score(model, sequences, stack)];
      columns.forEach((nats, i) => {
        const expected = [...without[i], ...alone[i]];
        assert.equal(nats.length, expected.length);
        nats.forEach((one, j) => assert.ok(Math.abs(one - expected[j]) < 1e-3, `${one} and ${expected[j]}`));
      });
    });
  }

  it('makes the weights alone where it is probed, whatever the experts are, in scoring and in decoding', async () => {
    const random = createRandom(7);
    const probes = [0, 1].map(() => ({
      weights: Float64Array.from({ length: model.config.hiddenSize }, () => 0.1 * random.normal()),
      bias: 0,
    }));
    const weighting = probeWeighting({ probes, temperature: 1, smoothing: 'prefix', on: 'base' });
    const [tokens] = sequences;
    const n = tokens.length - 1;
    const found: number[][] = [];
    for (const stack of stacks.values()) {
      const [[evidence]] = await textEvidence(model, stack, weighting, [[tokens]]);
      const [weights] = logWeights(weighting, [evidence]);
      found.push(Array.from({ length: n }, (_, t) => Math.exp(weights[t])));
      for (const skip of [0, 0.5]) {
        const columns = { model, stack: columnsOf(stack, weighting) };
        const speaker = await mixtureSpeaker(weighting, columns, { sampling: 'mixture', skip, seed: 1 });
        const first = await speaker.read(tokens.subarray(0, 4), { each: true });
        const told = [0, 1, 2, 3].map((row) => first(row));
        for (let t = 4; t < n; t++) told.push((await speaker.read([tokens[t]]))(0));
        speaker.dispose();
        found.push(told.map((said) => said.weights[0]));
      }
    }
    assert.ok(Math.max(...found[0]) - Math.min(...found[0]) > 0.1);
    for (const one of found) one.forEach((weight, t) => assert.ok(Math.abs(weight - found[0][t]) < 1e-5));
  });

  it('bounds what a text can cost where it is weighed: its own nats and −log of its part of the floor', async () => {
    const stack = stacks.get('adapters that differ');
    assert.ok(stack);
    const floor = 0.3;
    const { weighting } = await fitWeighting(recent, given(stack), watch, { withBase: true, floor });
    assert.deepEqual([weighting.k, weighting.base], [3, 'weighed']);
    const alone = await score(model, sequences);
    const evidence = await textEvidence(
      model,
      stack,
      weighting,
      sequences.map((one) => [one]),
    );
    evidence.forEach((text, i) => {
      const [nats] = textNats(weighting, text);
      nats.forEach((one, t) => assert.ok(one <= alone[i][t] - Math.log(floor / 3) + 1e-3));
    });
  });

  it('lets validation texts cost no more where what experts add to it is told more strongly', async () => {
    const stack = stacks.get('adapters that differ');
    assert.ok(stack);
    const [mixture, contrasted] = [
      await fitWeighting(recent, given(stack), watch),
      await fitWeighting(contrast, given(stack), watch),
    ];
    // Experts that are wrong at random are best told weakly, or taken away from the base model.
    assert.ok(contrasted.validationNll < mixture.validationNll - 0.01);
    const again = await textEvidence(
      model,
      stack,
      contrasted.weighting,
      sequences.map((one) => [one]),
    );
    const nats = again.flatMap((text) => [...textNats(contrasted.weighting, text)[0]]);
    const mean = nats.reduce((sum, one) => sum + one, 0) / nats.length;
    assert.ok(Math.abs(mean - contrasted.validationNll) < 1e-6);
  });
});
