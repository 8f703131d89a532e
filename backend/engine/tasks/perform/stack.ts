import { z } from 'zod';
import { expertCodec } from '../../../model/experts/forms';
import type { ExpertStack } from '../../../model/experts/stack';
import type { ModelConfig } from '../../../model/architectures/config';
import type { ArtifactStore } from '../../artifacts/store';
import { getValue, putValue } from '../../artifacts/values';
import { tableOf } from '../../../base/table';

/** Keeps a stack of adapters as an artifact. */
export function putStack(artifacts: ArtifactStore, stack: ExpertStack): Promise<string> {
  return putValue(artifacts, expertCodec(stack.config).save(stack));
}

export async function getStack(artifacts: ArtifactStore, name: string, config: ModelConfig): Promise<ExpertStack> {
  return expertCodec(config).restore(await getValue(artifacts, name, tableOf(z.unknown())));
}
