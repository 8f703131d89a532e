/** The program that estimates a run: `estimator <project folder>`; gets what it needs in one message, answers in one. */
import { join } from 'node:path';
import { LanguageModel } from '../model/language-model';
import { findModel } from '../model-files/source';
import type { Device } from '../base/device';
import { computes, type RunCost, runSpec } from '../protocol/run';
import { readDocuments } from '../store/documents';
import { explainFailure } from '../engine/failure';
import type { RunInputs } from '../engine/run-files';
import { becomeChild } from '../engine/child';
import { openEncoder } from '../kinds/split/encoder';
import { estimateRun, measureLengths } from '../kinds/shared/estimate';
import { required } from '../engine/job';

const sampled = 64;
const [, , project] = process.argv;
const { send } = becomeChild();

async function estimate(message: {
  readonly spec: unknown;
  readonly inputs: RunInputs;
  readonly device: Device;
}): Promise<RunCost> {
  const { inputs, device } = message;
  const spec = runSpec.parse(message.spec);
  if (!computes(spec)) throw new Error('work on files has no model to probe');
  const name = inputs.experts?.model ?? ('model' in spec ? spec.model : required(inputs.experts, 'experts').model);
  const model = await LanguageModel.open((await findModel(name)).folder, { device });
  const dataset = required(inputs.dataset, 'dataset');
  const documents = await readDocuments(join(project, 'datasets', dataset.id), 'validation');
  const encoder = spec.kind === 'split' ? await openEncoder(spec) : undefined;
  const lengths = await measureLengths(documents.slice(0, sampled), model, encoder);
  return estimateRun(spec, inputs, model, lengths);
}

process.once('message', (message) => {
  estimate(message as Parameters<typeof estimate>[0])
    .then((answer) => send({ answer }))
    .catch((error: unknown) => send({ failure: explainFailure(error) }))
    .finally(() => setTimeout(() => process.exit(0), 200));
});
