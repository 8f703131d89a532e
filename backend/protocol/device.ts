import { z } from 'zod';

/** Where models compute: the processor, any GPU (WebGPU), NVIDIA's (CUDA), Windows' (DirectML), Apple's (Core ML). */
export const devices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
export type Device = (typeof devices)[number];

/** What a user may ask for: a device, or the best that is there. */
export const deviceChoice = z.enum(['auto', ...devices]);
export type DeviceChoice = z.infer<typeof deviceChoice>;
