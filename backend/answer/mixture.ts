/** Experts that speak together: each token is of the mixture of their distributions, p(x) = Σ_e w_e p_e(x). */
import { UserError } from '../base/errors';
import { mixtureCombine, uniformCombine } from '../mixing/decode';
import { logWeights, type Mixer, mixerFromJson, mixingEvidence, mixtureNll } from '../mixing/mixer';
import { score } from '../model/score';
import { answererSpecs } from '../protocol/inference';
import { answererKind, namedAdapters } from './answerer';
import { scorePassages } from './score';
import { writeAnswer } from './write';

/** Every expert has the same say. */
export const uniform = answererKind('uniform', answererSpecs.uniform, (spec) => ({
  adapters: namedAdapters(spec),
  open: (loaded) => {
    const { model, stack, experts } = loaded;
    const k = experts.length;
    return {
      experts,
      answer: (prompt, settings, watch) => writeAnswer(loaded, uniformCombine(k), prompt, settings, watch),
      score: (passages, options = {}) =>
        scorePassages(model, passages, options, async (sequences, onBatch) => {
          const all = await score(model, sequences, stack, { onBatch });
          return all.map((nll) => mixtureNll({ nll, k, n: nll.length / k }, equalWeights(nll.length, k)));
        }),
    };
  },
}));

/** log weights [k, n]. */
const equalWeights = (length: number, k: number): Float64Array => new Float64Array(length).fill(-Math.log(k));

/** A trained mixer weighs the experts at each token. */
export const mixture = answererKind('mixture', answererSpecs.mixture, (spec) => ({
  adapters: namedAdapters(spec),
  open: (loaded) => {
    const { model, stack, experts } = loaded;
    const mixer = fittingMixer(spec.mixer, experts.length, model.config.hiddenSize);
    return {
      experts,
      answer: (prompt, settings, watch) => writeAnswer(loaded, mixtureCombine(mixer), prompt, settings, watch),
      score: (passages, options = {}) =>
        scorePassages(model, passages, options, async (sequences, onBatch) => {
          if (stack === undefined) throw new Error('a mixture has no experts');
          const evidence = await mixingEvidence(model, stack, mixer.probes, sequences, onBatch);
          return evidence.map((text) => mixtureNll(text, logWeights(text, mixer)));
        }),
    };
  },
}));

function fittingMixer(json: unknown, k: number, D: number): Mixer {
  const next = 'Train a mixer for these experts.';
  let mixer: Mixer;
  try {
    mixer = mixerFromJson(json);
  } catch {
    throw new UserError('The mixer is damaged.', next);
  }
  const { probes } = mixer;
  if (probes.length === k && probes.every(({ weights }) => weights.length === D)) return mixer;
  throw new UserError(`The mixer was trained for ${probes.length} experts of another kind, not for these ${k}.`, next);
}
