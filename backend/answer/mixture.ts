/** Experts that speak together: each token is of the mixture of their distributions, p(x) = Σ_e w_e p_e(x). */
import { filesOf } from '../base/files';
import { mixtureSpeaker } from '../mixing/speaker';
import { columnsOf, expertsOf } from '../mixing/base-column';
import { textNats } from '../mixing/evidence';
import { textEvidence } from '../mixing/text-evidence';
import type { FittedWeighting } from '../mixing/weighting';
import { openWeighting, weightings } from '../mixing/weightings';
import { equalWeights } from '../mixing/weightings/uniform/uniform';
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

/** Experts of a model in memory that speak together by a weighting fitted to them. */
export function mixtureAnswerer(loaded: LoadedModel, weighting: FittedWeighting): Answerer {
  const { model, stack } = loaded;
  if (stack === undefined) throw new Error('a mixture has no experts');
  const columns = columnsOf(stack, weighting);
  const experts = weighting.k === expertsOf(weighting) ? loaded.experts : [...loaded.experts, 'base'];
  const speaking = { model, stack: columns, experts };
  return {
    experts,
    answer: (prompt, settings, watch) =>
      writeAnswer(speaking, (drawing) => mixtureSpeaker(weighting, speaking, drawing), prompt, settings, watch),
    score: (passages, options = {}) =>
      scorePassages(model, passages, options, async (texts, onBatch) => {
        const evidence = await textEvidence(model, stack, weighting, texts, onBatch);
        return evidence.map((stretches) => textNats(weighting, stretches));
      }),
  };
}
