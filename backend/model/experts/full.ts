/** An expert with weights of its own: all of the base model's, in float32. */
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { State } from '../../base/checkpoint';
import { UserError } from '../../base/errors';
import type { Value } from '../../tensor/graph';
import { architectureOf } from '../architectures/table';
import type { ModelConfig } from '../architectures/config';
import { type ParameterPlace, Parameters } from '../architectures/parameters';
import { allFinite, notFinite } from '../weights/finite';
import { toFloat32 } from '../weights/floats';
import { type BaseModel, openBase } from '../weights/base-model';
import { writeSafetensors } from '../weights/safetensors';
import { writeCompanions } from '../weights/companions';
import { type ExpertStack, type Lane, sideBySide, type Sources } from './stack';

/** Of a model of one shape all run through the same graph, which reads no weight of any file. */
export class FullExpert implements Lane {
  readonly form = 'full';
  readonly count = 1;
  readonly key = 'full';
  readonly onBase = false;
  readonly modules = [];
  readonly lanes = [this];

  constructor(
    readonly config: ModelConfig,
    /** Every parameter of the model by its name. */
    readonly parameters = new Parameters(architectureOf(config).parameters(config)),
  ) {}

  /** Norms and biases do not decay. */
  decays({ shape }: ParameterPlace): boolean {
    return shape.length > 1;
  }

  sources(own: ReadonlyMap<string, Value>): Sources {
    const weight = (name: string): Value => {
      const value = own.get(name);
      if (value === undefined) throw new Error(`there is no parameter ${name}`);
      return value;
    };
    return { weight, adapter: () => undefined };
  }

  part(): FullExpert {
    return this;
  }

  copies(count: number): ExpertStack {
    return sideBySide(Array.from({ length: count }, () => restoreFullExpert(this.config, this.save())));
  }

  save(): State {
    return { parameters: this.parameters.data };
  }
}

export function restoreFullExpert(config: ModelConfig, state: State): FullExpert {
  const expert = new FullExpert(config);
  expert.parameters.data.set((state as { parameters: Float32Array }).parameters);
  return expert;
}

/** The base model as an expert. Throws UserError where a weight is no number. */
export async function readWeights({ config, weights }: BaseModel): Promise<FullExpert> {
  const expert = new FullExpert(config);
  for (const { name } of expert.parameters.places) {
    const entry = weights.entries.get(name);
    if (entry === undefined) throw new Error(`the model has no weight ${name}`);
    const { file, dtype, offset, length } = entry;
    const path = join(weights.folder, file);
    const bytes = new Uint8Array(length);
    const source = await open(path, 'r');
    try {
      await source.read(bytes, 0, length, offset);
    } finally {
      await source.close();
    }
    if (!allFinite(dtype, bytes)) throw notFinite(path, name);
    expert.parameters.view(name).set(toFloat32(dtype, bytes));
  }
  return expert;
}

/** An expert's model folder, on disk. Throws UserError where it is missing, damaged, or of another model than the base. */
export async function openFullExpert(folder: string, config: ModelConfig): Promise<BaseModel> {
  const own = await openBase(folder);
  const [given, base] = [own.config, config].map(computedBy);
  const other = [...new Set([...Object.keys(given), ...Object.keys(base)])].find(
    (key) => JSON.stringify(given[key]) !== JSON.stringify(base[key]),
  );
  if (other === undefined) return { ...own, config };
  const told = (value: unknown): string => JSON.stringify(value) ?? 'none';
  throw new UserError(
    `${folder} is no expert of this base model: its ${other} is ${told(given[other])}, and here it is ${told(base[other])}.`,
    'Use it with the base model that it was fine-tuned from.',
  );
}

/** What of a configuration decides what is computed: not the tokens that begin and end texts. */
function computedBy({ beginToken, endTokens, ...config }: ModelConfig): Readonly<Record<string, unknown>> {
  return { ...config };
}

/** Writes an expert as a model folder of its own, which transformers loads: weights in float32, the rest as the base model has it. */
export async function saveFullExpert({ config, parameters }: FullExpert, folder: string, base: string): Promise<void> {
  const tensors = parameters.places.map(({ name, shape }) => ({ name, shape, data: parameters.view(name) }));
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  await writeCompanions({ config }, base, folder, 'F32');
}
