/** The program that answers one question about files or models: `inquiry <method>`. */
import { answerOne } from '../engine/ask-child';
import { inquiries, type Inquiry } from '../engine/exchanges';
import { importOptions } from '../kinds/import/work-options';
import { importKind } from '../kinds/import/spec';
import { specOf } from '../kinds/read-spec';
import type { Given, Result } from '../protocol/messages';

type Answers = { readonly [M in Inquiry]: (params: Given<M>, signal: AbortSignal) => Promise<Result<M>> };

const silent = (signal: AbortSignal) => ({ report: () => undefined, signal });

/** Each loads only what it needs. */
const answers: Answers = {
  'source/inspect': async ({ spec }, signal) =>
    (await import('../corpus/import/inspect-source')).inspectSource(importOptions(specOf(importKind, spec)), signal),
  'catalog/list': async () => (await import('../model-files/catalog/list')).listModels(),
  'catalog/inspect': async ({ model }, signal) =>
    (await import('../model-files/catalog/inspect')).inspectModel(model, silent(signal)),
  'catalog/verify': async ({ model }, signal) =>
    (await import('../model-files/catalog/verify')).verifyModel(model, silent(signal)),
  'catalog/removal': async ({ model }) => (await import('../model-files/catalog/remove')).planRemoval(model),
  'catalog/remove': async ({ model }) => {
    const { planRemoval, remove } = await import('../model-files/catalog/remove');
    const removal = await planRemoval(model);
    await remove(removal);
    return removal;
  },
};

function serve<M extends Inquiry>(method: M): void {
  answerOne(inquiries[method], (params, signal) => answers[method](params, signal));
}

const isInquiry = (name: string): name is Inquiry => Object.hasOwn(inquiries, name);

const [, , method = ''] = process.argv;
if (!isInquiry(method)) throw new Error(`there is no question ${method}`);
serve(method);
