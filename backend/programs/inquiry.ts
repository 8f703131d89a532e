/** The program that answers one question about files or models: `inquiry <method>`; gets its parameters, sends the answer. */
import type { Watch } from '../base/progress';
import { explainFailure } from '../engine/failure';
import type { Answers, Inquiry } from '../engine/inquire';
import { becomeChild } from '../engine/child';

const { send, signal } = becomeChild();
const watch: Pick<Watch, 'report' | 'signal'> = { report: () => undefined, signal };

/** Each loads only what it needs. */
const answers: Answers = {
  'source/inspect': async ({ spec }) => (await import('../corpus/import/inspect-source')).inspectSource(spec, signal),
  'catalog/list': async () => (await import('../model-files/catalog/list')).listModels(),
  'catalog/inspect': async ({ model }) => (await import('../model-files/catalog/inspect')).inspectModel(model, watch),
  'catalog/verify': async ({ model }) => (await import('../model-files/catalog/verify')).verifyModel(model, watch),
  'catalog/removal': async ({ model }) => (await import('../model-files/catalog/remove')).planRemoval(model),
  'catalog/remove': async ({ model }) => {
    const { planRemoval, remove } = await import('../model-files/catalog/remove');
    const removal = await planRemoval(model);
    await remove(removal);
    return removal;
  },
};

const [, , method] = process.argv;
const answer = answers[method as Inquiry] as (params: unknown) => Promise<unknown>;

process.once('message', (params) => {
  answer(params)
    .then((found) => send({ answer: found }))
    .catch((error: unknown) => send({ failure: explainFailure(error) }))
    .finally(() => setTimeout(() => process.exit(0), 200));
});
