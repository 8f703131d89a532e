import assert from 'node:assert/strict';
import { filesOf } from '../../backend/base/files';
import fc from 'fast-check';
import { mixtureCombine } from '../../backend/mixing/decode';
import { logWeights, mixtureNll } from '../../backend/mixing/evidence';
import { openWeighting } from '../../backend/mixing/weightings';
import { equalWeights } from '../../backend/mixing/weightings/uniform/uniform';
import { probeWeighting } from '../../backend/mixing/weightings/probe/probe';
import { LanguageModel } from '../../backend/model/language-model';
import { logSoftmaxOf } from '../../backend/model/decoding/sampling';

const floats = (length: number, max: number): fc.Arbitrary<Float32Array> =>
  fc.float32Array({ minLength: length, maxLength: length, min: -max, max, noNaN: true });

const document = fc.record({ k: fc.integer({ min: 1, max: 5 }), n: fc.integer({ min: 1, max: 9 }) }).chain(({ k, n }) =>
  fc.record({
    k: fc.constant(k),
    n: fc.constant(n),
    nll: floats(k * n, 40).map((values) => values.map(Math.abs)),
    opinions: floats(k * n, 30),
  }),
);

const mixer = fc.record({
  temperature: fc.double({ min: 0.05, max: 20, noNaN: true }),
  smoothing: fc.constantFrom('token' as const, 'prefix' as const),
});

describe('the mixture', () => {
  it('weighs with weights that sum to one, and is never worse than expert e by more than −log w_e', () => {
    fc.assert(
      fc.property(document, mixer, (evidence, settings) => {
        const none = Array.from({ length: evidence.k }, () => ({ weights: new Float64Array(1), bias: 0 }));
        const [weights] = logWeights(probeWeighting({ ...settings, probes: none }), [evidence]);
        const nll = mixtureNll(evidence, weights);
        for (let t = 0; t < evidence.n; t++) {
          let sum = 0;
          for (let e = 0; e < evidence.k; e++) {
            const log = weights[e * evidence.n + t];
            sum += Math.exp(log);
            assert.ok(nll[t] <= evidence.nll[e * evidence.n + t] - log + 1e-6);
          }
          assert.ok(Math.abs(sum - 1) < 1e-9);
        }
      }),
    );
  });

  it('keeps apart what is nearly impossible, too small for a probability in floats', async () => {
    const model = await LanguageModel.open('models/polymath-base');
    const logits = Float32Array.of(0, -1000, -2000, 0, -1000, -3000);
    const next = { logits, rows: 1, hidden: new Float32Array(0), T: 1 };
    const { logProbabilities } = (await mixtureCombine(equalWeights(2), model, undefined)(next, [0]))(0);
    [0, -1000, -2000 - Math.log(2)].forEach((log, i) => assert.ok(Math.abs(logProbabilities[i] - log) < 1e-9));
  });

  it('generates from the distribution that it is scored by, with prompt and continuation read in any pieces', async () => {
    const model = await LanguageModel.open('models/polymath-base');
    const k = 2;
    const D = 3;
    const V = 4;
    const random = (n: number, step: number): Float32Array =>
      Float32Array.from({ length: n }, (_, i) => Math.sin(i * step));
    const hidden = random(k * 5 * D, 1.7);
    const logits = random(k * V, 2.3);
    const probes = [1, 2].map((scale) => ({ weights: Float64Array.of(scale, -1, 0.5), bias: 0.1 * scale }));
    for (const smoothing of ['token', 'prefix'] as const) {
      const made = probeWeighting({ probes, temperature: 0.7, smoothing });
      const json: unknown = JSON.parse(JSON.stringify(made.toJson()));
      const trained = await openWeighting(json, { k, hiddenSize: D }, filesOf(''));
      const combine = (): ReturnType<typeof mixtureCombine> => mixtureCombine(trained, model, undefined);
      const whole = (await combine()({ logits, rows: 1, hidden, T: 5 }, [0, 1, 2, 3, 0]))(0);
      const inPieces = combine();
      const piece = (from: number, T: number): Float32Array =>
        Float32Array.from({ length: k * T * D }, (_, i) => {
          const [e, rest] = [Math.floor(i / (T * D)), i % (T * D)];
          return hidden[e * 5 * D + from * D + rest];
        });
      await inPieces({ logits, rows: 1, hidden: piece(0, 3), T: 3 }, [0, 1, 2]);
      const last = (await inPieces({ logits, rows: 1, hidden: piece(3, 2), T: 2 }, [3, 0]))(0);
      last.logProbabilities.forEach((p, i) => assert.ok(Math.abs(p - whole.logProbabilities[i]) < 1e-9));
      assert.ok(Math.abs(last.logProbabilities.reduce((total, p) => total + Math.exp(p), 0) - 1) < 1e-9);

      const probeLogits = Float32Array.from({ length: k * 5 }, (_, i) => {
        const [e, t] = [Math.floor(i / 5), i % 5];
        const { weights, bias } = probes[e];
        return weights.reduce((sum, w, j) => sum + w * hidden[(e * 5 + t) * D + j], bias);
      });
      const text = { nll: new Float32Array(k * 5), opinions: probeLogits, k, n: 5 };
      const [scored] = logWeights(trained, [text]);
      for (let token = 0; token < V; token++) {
        const nll = Float32Array.from(
          { length: k * 5 },
          (_, i) => -logSoftmaxOf(logits, Math.floor(i / 5) * V, V)[token],
        );
        const expected = -mixtureNll({ nll, n: 5 }, scored)[4];
        assert.ok(Math.abs(expected - whole.logProbabilities[token]) < 1e-5);
      }
    }
  });
});
