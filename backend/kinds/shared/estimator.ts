import { join } from 'node:path';
import { answerOne } from '../../engine/ask-child';
import { estimating } from '../../engine/exchanges';
import { LanguageModel } from '../../model/language-model';
import { findModel } from '../../model-files/source';
import { sampleTexts } from '../../store/documents';
import { type WorkTable, workOf } from '../work-entry';
import { estimateRun, measureLengths } from './estimate';

const sampled = 256;

/** Becomes the process that estimates one run, from a short probe of the machine. */
export function estimateInChild(kinds: WorkTable): void {
  answerOne(estimating, async ({ project, spec, inputs, device, products }, signal) => {
    const work = workOf(kinds, spec.kind);
    const stages = await work.estimateStages?.();
    if (stages !== undefined) return stages(spec, { device, products, signal });
    const kind = await work.estimate?.();
    if (kind === undefined) throw new Error('work on files has no model to probe');
    const run = kind.check(spec, inputs);
    const { folder } = await findModel(run.baseModel);
    const model = await LanguageModel.open(folder, { device, products });
    // Since this process began: what every process of a run takes before it computes, at the machine's present load.
    const opening = performance.now() / 1000;
    const { dataset, questions } = run.inputs;
    const texts =
      questions?.slice(0, sampled).map(({ question, choices = [] }) => [question, ...choices].join(' ')) ??
      (dataset === undefined ? [] : await sampleTexts(join(project, 'datasets', dataset.id), sampled));
    const lengths = await measureLengths(texts, model, await run.encoder());
    return estimateRun(run, model, { lengths, texts, opening });
  });
}
