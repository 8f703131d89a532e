/** An adapter as a GGUF file, which llama.cpp loads beside its base model. */
import { UserError } from '../../../base/errors';
import type { AdapterStack } from '../../../model/adapters/adapter';
import type { AdaptedModule } from '../../../model/experts/stack';
import { plan, type PlannedTensor } from '../families';
import { requireArchitecture, sizesOf } from './config';
import { type Entry, type TensorToWrite, writeGguf } from './file';
import { joinedHalves } from './tensors';

/**
 * Writes the first expert of a stack whole, in float32. Throws UserError for a base model that llama.cpp does not compute as it is.
 * The file has one alpha for all layers: what others have is in their factors.
 */
export async function writeGgufAdapter(
  path: string,
  stack: AdapterStack,
  name: string,
  origin: Readonly<Record<string, string>>,
): Promise<void> {
  const { config, modules } = stack;
  const architecture = requireArchitecture(config);
  const planned = new Map(plan(architecture, sizesOf(config), !config.tiedHead).map((one) => [one.name, one]));
  const [{ alpha }] = modules;
  const text = (value: string): Entry => ({ type: 'string', value });
  const metadata = new Map<string, Entry>([
    ['general.architecture', text(architecture)],
    ['general.type', text('adapter')],
    ['general.name', text(name)],
    ['adapter.type', text('lora')],
    ['adapter.lora.alpha', { type: 'float32', value: alpha }],
    ...Object.entries(origin).map(([key, value]): [string, Entry] => [key, text(value)]),
  ]);
  const tensors = modules.flatMap((module) => {
    const place = planned.get(`${module.path}.weight`);
    if (place === undefined) throw unplaced(module);
    return factors(stack, module, place, alpha);
  });
  await writeGguf(path, metadata, tensors);
}

function unplaced({ path }: AdaptedModule): UserError {
  return new UserError(
    `No GGUF file is written of this adapter: ${path} is no layer of its own there.`,
    'Write a folder instead, which PEFT loads.',
  );
}

function factors(
  stack: AdapterStack,
  module: AdaptedModule,
  { source, layout }: PlannedTensor,
  alpha: number,
): TensorToWrite[] {
  const { path, rank, in: input, out } = module;
  const scale = module.alpha / alpha;
  const b = stack.share(`${path}.lora_B`, 0).map((value) => value * scale);
  const placed = layout.kind === 'rotary' ? joinedHalves(b, rank, layout.headSize) : b;
  const tensor = (suffix: string, shape: number[], values: Float32Array): TensorToWrite => ({
    name: `${source}.${suffix}`,
    shape,
    type: 'F32',
    pieces: () => bytesOf(values),
  });
  return [tensor('lora_a', [rank, input], stack.share(`${path}.lora_A`, 0)), tensor('lora_b', [out, rank], placed)];
}

async function* bytesOf(values: Float32Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}
