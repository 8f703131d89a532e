/** Where models compute: the processor, any GPU (WebGPU), NVIDIA's (CUDA), Windows' (DirectML), Apple's (Core ML). */
export const devices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
export type Device = (typeof devices)[number];

/** What a user may ask for. `auto`: a GPU that computes rightly and faster than the processor, otherwise the processor. */
export const deviceChoices = ['auto', ...devices] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

export const deviceLabels: { readonly [D in Device]: string } = {
  cpu: 'processor',
  webgpu: 'WebGPU',
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'Core ML',
};
