/**
 * A language model on its own: a base model, or an expert, which is a base model under one adapter. A merged model is a base model
 * too, in a folder of its own (`model/adapters/merge`).
 */
import { basename } from 'node:path';
import { Decoder } from '../model/decoding/decoder';
import { speakerOf } from '../model/decoding/generate';
import { byText, score } from '../model/score';
import { answererSpecs } from '../protocol/inference';
import { type Answerer, answererKind, type LoadedModel } from './answerer';
import { meanHiddenStates } from './embed';
import { scorePassages } from './score';
import { scoreSharing } from './shared-prompts';
import { writeAnswer } from './write';

/** What a model says, under at most one adapter. */
export function singleAnswerer(loaded: LoadedModel): Answerer {
  const { model, stack, experts } = loaded;
  return {
    experts,
    answer: (prompt, settings, watch) =>
      writeAnswer(loaded, async () => speakerOf(await Decoder.create(model, stack)), prompt, settings, watch),
    score: (passages, options = {}) =>
      scoreSharing(loaded, passages, options, (each) =>
        scorePassages(model, each, options, (texts, onBatch) =>
          byText(texts, (sequences) => score(model, sequences, stack, { onBatch })),
        ),
      ),
    embed: (texts, signal) => meanHiddenStates(loaded, texts, signal),
  };
}

export const base = answererKind('base', answererSpecs.base, () => ({ adapters: [], open: singleAnswerer }));

export const expert = answererKind('expert', answererSpecs.expert, ({ adapter: folder, name = basename(folder) }) => ({
  adapters: [{ folder, name }],
  open: singleAnswerer,
}));
