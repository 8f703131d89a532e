import { UserError } from '../../base/errors';
import { formatNumber } from '../../base/format';
import { defaultLora, type LoraSettings } from '../../model/adapters/adapter';
import type { ModelConfig } from '../../model/architectures/config';
import type { TrainSpec } from '../train/spec';

/** What people may say of adapters. */
type AskedAdapters = Partial<Pick<TrainSpec, 'rank' | 'alpha' | 'rsLora' | 'targetModules' | 'layers'>>;

/** The adapters that were asked for, with what is usual for the rest. */
export function loraOf({ rank, alpha, rsLora, targetModules, layers }: AskedAdapters): LoraSettings {
  const all = defaultLora.targets;
  return {
    ...defaultLora,
    ...(rank !== undefined && { rank }),
    ...(alpha !== undefined && { alpha }),
    ...(rsLora === true && { rankStabilised: true }),
    ...(layers !== undefined && { layers }),
    targets:
      targetModules === undefined || targetModules === all ? all : targetModules.split(',').map((name) => name.trim()),
  };
}

/** Throws UserError where more layers are to be adapted than the model has. */
export function requireLayers({ layers: adapted }: AskedAdapters, { layers }: ModelConfig): void {
  if (adapted === undefined || adapted <= layers) return;
  throw new UserError(
    `The model has ${formatNumber(layers, 'layer')}, not ${adapted}.`,
    'Adapt so many or fewer, or leave {layers} out.',
  );
}
