/** The program that estimates a run, from a short probe of the machine. */
import { join } from 'node:path';
import { answerOne } from '../engine/ask-child';
import { estimating } from '../engine/exchanges';
import { required } from '../engine/job';
import { estimateRun, measureLengths } from '../kinds/shared/estimate';
import { openEncoder } from '../kinds/split/encoder';
import { LanguageModel } from '../model/language-model';
import { findModel } from '../model-files/source';
import { computes } from '../protocol/run';
import { readDocuments } from '../store/documents';

const sampled = 64;

answerOne(estimating, async ({ project, spec, inputs, device }) => {
  if (!computes(spec)) throw new Error('work on files has no model to probe');
  const name = inputs.experts?.model ?? ('model' in spec ? spec.model : required(inputs.experts, 'experts').model);
  const model = await LanguageModel.open((await findModel(name)).folder, { device });
  const dataset = required(inputs.dataset, 'dataset');
  const documents = await readDocuments(join(project, 'datasets', dataset.id), 'validation');
  const encoder = spec.kind === 'split' ? await openEncoder(spec) : undefined;
  const lengths = await measureLengths(documents.slice(0, sampled), model, encoder);
  return estimateRun(spec, inputs, model, lengths);
});
