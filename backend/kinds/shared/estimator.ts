import { join } from 'node:path';
import { answerOne } from '../../engine/ask-child';
import { estimating } from '../../engine/exchanges';
import { LanguageModel } from '../../model/language-model';
import { findModel } from '../../model-files/source';
import { readDocuments } from '../../store/documents';
import { type WorkTable, workOf } from '../work-entry';
import { estimateRun, measureLengths } from './estimate';

const sampled = 64;

/** Becomes the process that estimates one run, from a short probe of the machine. */
export function estimateInChild(kinds: WorkTable): void {
  answerOne(estimating, async ({ project, spec, inputs, device }) => {
    const kind = await workOf(kinds, spec.kind).estimate?.();
    if (kind === undefined) throw new Error('work on files has no model to probe');
    const run = kind.check(spec, inputs);
    const model = await LanguageModel.open((await findModel(run.baseModel)).folder, { device });
    const documents = await readDocuments(join(project, 'datasets', run.inputs.dataset.id), 'validation');
    const lengths = await measureLengths(documents.slice(0, sampled), model, await run.encoder());
    return estimateRun(run, model, lengths);
  });
}
