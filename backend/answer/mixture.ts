/** Experts that speak together: each token is of the mixture of their distributions, p(x) = Σ_e w_e p_e(x). */
import { filesOf } from '../base/files';
import { mixtureSpeaker } from '../mixing/speaker';
import { logWeights, mixingEvidence, mixtureNll } from '../mixing/evidence';
import type { FittedWeighting } from '../mixing/weighting';
import { openWeighting, weightings } from '../mixing/weightings';
import { equalWeights } from '../mixing/weightings/uniform/uniform';
import { byText } from '../model/score';
import { answererSpecs } from '../protocol/inference';
import { type Answerer, type AnswererKind, answererKind, type LoadedModel, namedAdapters } from './answerer';
import { scorePassages } from './score';
import { writeAnswer } from './write';

/** Every expert has the same say. */
export const uniform = answererKind('uniform', answererSpecs.uniform, (spec) => ({
  adapters: namedAdapters(spec),
  open: (loaded) => mixtureAnswerer(loaded, equalWeights(loaded.experts.length)),
}));

/** A mixer, which is one of these weightings fitted to the experts, weighs them at each token. */
export function mixtureKind(entries = weightings): AnswererKind {
  return answererKind('mixture', answererSpecs.mixture, (spec) => ({
    adapters: namedAdapters(spec),
    open: async (loaded) => {
      const experts = { k: loaded.experts.length, hiddenSize: loaded.model.config.hiddenSize };
      return mixtureAnswerer(loaded, await openWeighting(spec.mixer, experts, filesOf(spec.project ?? ''), entries));
    },
  }));
}

function mixtureAnswerer(loaded: LoadedModel, weighting: FittedWeighting): Answerer {
  const { model, stack, experts } = loaded;
  if (stack === undefined) throw new Error('a mixture has no experts');
  return {
    experts,
    answer: (prompt, settings, watch) =>
      writeAnswer(loaded, (drawing) => mixtureSpeaker(weighting, { model, stack }, drawing), prompt, settings, watch),
    score: (passages, options = {}) =>
      scorePassages(model, passages, options, async (texts, onBatch) => {
        const evidence = await byText(texts, (all) => mixingEvidence(model, stack, weighting.needs, all, onBatch));
        return evidence.map((stretches) => {
          const weights = logWeights(weighting, stretches);
          return stretches.map((stretch, i) => mixtureNll(stretch, weights[i]));
        });
      }),
  };
}
