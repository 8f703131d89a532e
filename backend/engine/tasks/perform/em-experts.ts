import { z } from 'zod';
import { offer } from '../../../base/checkpoint';
import { float64s } from '../../../base/bundle';
import { yieldToEventLoop } from '../../../base/progress';
import { stackExperts } from '../../../model/experts/forms';
import { score } from '../../../model/score';
import { keptTraining } from '../../../split/methods/em/em-experts';
import { emSettingsSchema } from '../../../split/methods/em/em-state';
import { MStep } from '../../../split/methods/em/m-step';
import { sumOverTokens } from '../../../split/methods/em/posteriors';
import { getValue, putValue } from '../../artifacts/values';
import type { EmJudgeInput, EmJudgeOutput, EmLearnInput, EmLearnOutput } from '../em-experts';
import type { TaskContext } from '../perform';
import { packedTexts, unpackTexts } from '../texts';
import { getStack, putStack } from './stack';

/** The name of the state among a watch's checkpoints. */
const checkpoint = 'learning';
const keptLearning = z.object({ losses: float64s, done: z.int().nonnegative(), training: keptTraining });

export async function performEmLearn(
  { model: sha256, settings: named, expert, texts, share, before }: EmLearnInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<EmLearnOutput> {
  const model = await openModel(sha256);
  const settings = await getValue(artifacts, named, emSettingsSchema);
  const stack = await getStack(artifacts, expert.stack, model.config);
  const own = unpackTexts(await getValue(artifacts, texts, packedTexts));
  const mStep = await MStep.open(model, stack, settings);
  try {
    const kept = watch.checkpointer?.load(checkpoint);
    const known = kept === undefined ? undefined : keptLearning.parse(kept);
    const training =
      known?.training ??
      (expert.training === undefined ? undefined : await getValue(artifacts, expert.training, keptTraining));
    if (training !== undefined) await mStep.restore(training);
    const { count, stepTokens, run } = mStep.round([own], { share, before });
    const losses = known?.losses ?? new Float64Array(count);
    for (let done = known?.done ?? 0; done < count; done++) {
      await offer(watch, checkpoint, async () => ({ losses, done, training: await mStep.save() }));
      losses[done] = (await run(done))[0];
      const [read, total] = [(done + 1) * stepTokens, count * stepTokens];
      watch.report({ stage: 'Learning', done: read, total, unit: 'tokens' });
      await yieldToEventLoop();
    }
    await mStep.fetch();
    const learned = {
      stack: await putStack(artifacts, stack),
      training: await putValue(artifacts, await mStep.save()),
    };
    return { expert: learned, losses };
  } finally {
    await mStep.dispose();
  }
}

export async function performEmJudge(
  { model: sha256, experts, texts }: EmJudgeInput,
  { artifacts, openModel, watch }: TaskContext,
): Promise<EmJudgeOutput> {
  const model = await openModel(sha256);
  const stacks = await Promise.all(experts.map((name) => getStack(artifacts, name, model.config)));
  const sequences = unpackTexts(await getValue(artifacts, texts, packedTexts));
  const onBatch = (): void => watch.signal.throwIfAborted();
  return { nats: sumOverTokens(await score(model, sequences, stackExperts(stacks), { onBatch }), experts.length) };
}
