import { z } from 'zod';
import { type AdapterStack, stackCodec } from '../../../model/adapters/adapter';
import type { ModelConfig } from '../../../model/architectures/config';
import type { ArtifactStore } from '../../artifacts/store';
import { getValue, putValue } from '../../artifacts/values';
import { tableOf } from '../../../base/table';

/** Keeps a stack of adapters as an artifact. */
export function putStack(artifacts: ArtifactStore, stack: AdapterStack): Promise<string> {
  return putValue(artifacts, stackCodec(stack.config).save(stack));
}

export async function getStack(artifacts: ArtifactStore, name: string, config: ModelConfig): Promise<AdapterStack> {
  return stackCodec(config).restore(await getValue(artifacts, name, tableOf(z.unknown())));
}
