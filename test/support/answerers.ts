import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AnswerSettings } from '../../backend/answer/answerer';
import { probeWeighting } from '../../backend/mixing/weightings/probe/probe';
import { createAdapters, type LoraSettings } from '../../backend/model/adapters/adapter';
import { readConfig } from '../../backend/model/architectures/config';
import { saveAdapter } from '../../backend/model/adapters/peft/save';
import { createRandom } from '../../backend/base/random';

export const baseModel = resolve('models/polymath-base');

/** An answer of the most probable tokens, and nothing besides. */
export const greedy = (maxTokens: number): AnswerSettings => ({
  ...{ maxTokens, temperature: 0, seed: 1, stop: [], alternatives: 0, shorten: false, echo: false },
  ...{ topP: 1, topK: 0, minP: 0, presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1 },
  ...{ sampling: 'mixture', skip: 0 },
});

const attention: LoraSettings = { rank: 4, alpha: 8, targets: ['q_proj', 'v_proj'] };

/** Two experts that differ from the base model at random, with a mixer for them. */
export interface TestExperts {
  /** The folder that both adapters are in. */
  readonly folder: string;
  readonly adapters: string[];
  readonly mixer: unknown;
  remove(): Promise<void>;
}

export async function makeExperts(second: LoraSettings = attention): Promise<TestExperts> {
  const folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  const config = await readConfig(join(baseModel, 'config.json'));
  const random = createRandom(5);
  const adapters = ['A', 'B'].map((letter) => join(folder, letter));
  for (const [e, settings] of [attention, second].entries()) {
    const stack = createAdapters(config, settings, { count: 1, seed: e });
    for (const { name } of stack.parameters.places) {
      if (!name.endsWith('.lora_B')) continue;
      stack.parameters.view(name).forEach((_, i, all) => (all[i] = 0.1 * random.normal()));
    }
    await saveAdapter(stack, 0, adapters[e], 'polymath-base');
  }
  const probes = adapters.map(() => ({
    weights: Float64Array.from({ length: config.hiddenSize }, () => 0.1 * random.normal()),
    bias: 0,
  }));
  const mixer = probeWeighting({ probes, temperature: 1, smoothing: 'prefix' }).toJson();
  return { folder, adapters, mixer, remove: () => rm(folder, { recursive: true, force: true }) };
}
