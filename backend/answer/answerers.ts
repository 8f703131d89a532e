/** Opens answerers on first use, and keeps their models and adapters in memory for the next prompt. */
import { join } from 'node:path';
import { ReferenceCountedCache } from '../base/cache';
import type { Device } from '../base/device';
import type { Precision } from '../base/precision';
import { loadExpert, stackExperts } from '../model/experts/forms';
import type { ExpertStack } from '../model/experts/stack';
import { readConfig } from '../model/architectures/config';
import { LanguageModel, stackKey } from '../model/language-model';
import { findModel } from '../model-files/source';
import type { Answerer, AnswererKind, LoadedModel } from './answerer';

/** An answerer by its kind and its base model, with what else its kind needs, and where it computes. */
export interface AnswererPlace {
  readonly answerer: { readonly kind: string; readonly model: string };
  readonly device: Device;
  /** Of the frozen weights when an answer is written; scores are always of the full weights. */
  readonly precision: Precision;
}

export class Answerers {
  // A model's compiled graphs each hold a copy of its weights, one graph for each shape of adapters: so few of them are kept.
  private readonly models = new ReferenceCountedCache<LanguageModel>(3, (model) => model.dispose());
  private readonly stacks = new ReferenceCountedCache<ExpertStack>(8);
  private readonly kinds: ReadonlyMap<string, AnswererKind>;

  constructor(kinds: readonly AnswererKind[]) {
    this.kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
  }

  /**
   * Lets `work` use an answerer, which is good until `work` is done. Throws UserError where it cannot be opened, as for a model
   * or an adapter that is missing or damaged.
   */
  async use<R>(
    { answerer: spec, device, precision }: AnswererPlace,
    work: (answerer: Answerer) => Promise<R>,
  ): Promise<R> {
    const kind = this.kinds.get(spec.kind);
    if (kind === undefined) throw new Error(`no kind of answerer is called ${spec.kind}`);
    const { adapters, open } = kind.plan(spec);
    const { folder } = await findModel(spec.model);
    const experts = adapters.length === 0 ? ['base'] : adapters.map(({ name }) => name);
    return this.withStack(folder, adapters, (stack) =>
      this.models.use(
        `${device} ${precision} ${folder} ${stackKey(stack)}`,
        () => LanguageModel.open(folder, { device, precision }),
        async (model) => work(await open({ model, stack, experts })),
      ),
    );
  }

  private withStack<R>(
    model: string,
    adapters: readonly { readonly folder: string }[],
    work: (stack: LoadedModel['stack']) => Promise<R>,
  ): Promise<R> {
    if (adapters.length === 0) return work(undefined);
    const folders = adapters.map(({ folder }) => folder);
    return this.stacks.use(JSON.stringify([model, folders]), () => openStack(model, folders), work);
  }
}

async function openStack(model: string, folders: readonly string[]): Promise<ExpertStack> {
  const config = await readConfig(join(model, 'config.json'));
  return stackExperts(await Promise.all(folders.map((folder) => loadExpert(folder, config))));
}
