import { z } from 'zod';
import type { Weighed } from '../../../mixing/text-evidence';
import type { FittedWeighting } from '../../../mixing/weighting';
import { openWeighting, type WeighedExperts, type weightings } from '../../../mixing/weightings';
import type { ArtifactStore } from '../../artifacts/store';
import { getValue, putValue, readAll } from '../../artifacts/values';
import type { KeptWeighting } from '../weighting';

/** Keeps a weighting as artifacts. */
export async function putWeighting(
  artifacts: ArtifactStore,
  weighting: Pick<Weighed, 'toJson' | 'files'>,
): Promise<KeptWeighting> {
  const files: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(weighting.files?.() ?? {})) files[name] = await artifacts.put([bytes]);
  return { json: await putValue(artifacts, weighting.toJson()), files };
}

/** Throws as `openWeighting` does. */
export async function getWeighting(
  artifacts: ArtifactStore,
  { json, files }: KeptWeighting,
  experts: WeighedExperts,
  entries: typeof weightings,
): Promise<FittedWeighting> {
  const read = (name: string): Promise<Uint8Array> => readAll(artifacts, files[name]);
  return openWeighting(await getValue(artifacts, json, z.unknown()), experts, read, entries);
}
