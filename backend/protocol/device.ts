/** Where models compute: the processor, any GPU (WebGPU), NVIDIA's (CUDA), Windows' (DirectML), Apple's (Core ML). */
export const devices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
export type Device = (typeof devices)[number];
