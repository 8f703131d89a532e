import { emSettingsSchema, emState } from '../../../split/methods/em/em-state';
import { expertsHere } from '../../../split/methods/em/em-experts';
import { PerplexityEm } from '../../../split/methods/em/perplexity-em';
import { getValue, putValue } from '../../artifacts/values';
import type { EmRoundInput, EmRoundOutput } from '../em-round';
import type { TaskContext } from '../perform';
import { packedTexts, unpackTexts } from '../texts';

export async function performEmRound(
  { model, proxyLayers, documents, validation, settings, state }: EmRoundInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<EmRoundOutput> {
  const opened = await openModel(model, proxyLayers);
  const material = {
    tokenizer: opened.tokenizer,
    documents: unpackTexts(await getValue(artifacts, documents, packedTexts)),
    validation: unpackTexts(await getValue(artifacts, validation, packedTexts)),
    settings: await getValue(artifacts, settings, emSettingsSchema),
  };
  const given = state === undefined ? undefined : await getValue(artifacts, state, emState);
  const em = await PerplexityEm.open(expertsHere(opened), material, given, watch);
  try {
    if (!em.ended) await em.round();
    return em.ended
      ? { result: await putValue(artifacts, await em.result()) }
      : { state: await putValue(artifacts, await em.save()) };
  } finally {
    await em.dispose();
  }
}
