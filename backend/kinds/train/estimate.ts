import { frozenMemory, stepsOf } from '../../train/learning';
import { bytesBesideStep } from '../../train/memory';
import { searchTokens, trials } from '../../train/rate-finder';
import type { KindEstimate } from '../work-entry';
import type { EarlierSplit, PlannedDataset } from '../shared/inputs';
import { evaluations, textTokens, tokensPerExpert } from '../shared/held-out';
import type { TrainSpec } from './spec';
import { trainingSettings } from './work';

type Planned = PlannedDataset & { readonly clustering: Pick<EarlierSplit['clustering'], 'k'> };

export const trainEstimate: KindEstimate<TrainSpec, Planned> = {
  byTasks: true,
  baseModel: ({ model }) => model,
  add: async (work, { spec, inputs, lengths, config }) => {
    const { train } = inputs.dataset.documents;
    const { k } = inputs.clustering;
    const settings = trainingSettings(spec, config);
    const { expert, rows, context, seedShare, documentTokens } = settings;
    const tokens = spec.epochs === undefined ? spec.tokens : spec.epochs * train * lengths.mean(documentTokens);
    await work.train(tokens * seedShare, { k: 1, expert, rows, context });
    const branches = tokens * (1 - seedShare);
    await work.train(branches, { k, expert, rows, context });
    const heldOut = Math.min(inputs.dataset.documents.validation * lengths.mean(textTokens), k * tokensPerExpert);
    // The base model and each expert in its turn on the texts of one expert; a trial of a rate, on those of all.
    const measure = (times: number): Promise<void> =>
      work.score(times * heldOut, 1, { expert }, lengths.mean(textTokens));
    await measure(
      1 + (spec.evalSteps === undefined ? evaluations : Math.ceil(stepsOf(branches / k, settings) / spec.evalSteps)),
    );
    if (spec.searchRate) {
      await work.train(searchTokens(tokens, settings), { k: 1, expert, rows, context });
      await measure(2 * trials);
    }
    if (spec.patience !== undefined) work.mayEndEarlier();
    if (expert === 'full') {
      const together = { accumulates: settings.accumulation > 1, keepsBest: spec.patience !== undefined };
      work.kept += bytesBesideStep(config, { k, ...together }) / 2 ** 20;
    }
    if (spec.layers !== undefined) work.kept += frozenMemory(train * lengths.mean(Infinity), config.hiddenSize);
    return train;
  },
};
